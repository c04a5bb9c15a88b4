"""Frameworks, compliance scores, gaps and trends."""
