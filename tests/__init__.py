"""Mirrors the tree: one test file per module, of the same name; servers.py starts real servers."""
