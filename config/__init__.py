"""What a person may set: settings from the environment, an example desk, compose files."""
