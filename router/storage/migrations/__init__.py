"""Alembic's folder. Each migration says whether it runs before or after the code is deployed."""
