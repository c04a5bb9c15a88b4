"""Projects: teams, milestones, and where each control of their frameworks stands."""

__version__ = "0.1.0"
