"""Fails at import."""

raise RuntimeError("the import went wrong")
