"""Signing in by a header that a reverse proxy sets."""
