"""Frameworks that come in while the platform runs: reading them, keeping their versions, upgrading projects."""
