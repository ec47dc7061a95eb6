"""What a conversation becomes in a CRM; each adapter is one file."""
