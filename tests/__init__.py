"""Mirrors the tree; see docs/contributing.md for the kinds of tests."""
