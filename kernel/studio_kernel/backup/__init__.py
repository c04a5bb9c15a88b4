"""Backups: one consistent copy of an install, in a form that no database owns. See docs/operations.md."""
