"""Who gets the next conversation, when, and why."""
