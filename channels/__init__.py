"""Each public module speaks one provider's protocol; the folder is the registry."""
