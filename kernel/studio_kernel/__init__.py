"""The kernel of Studio Platform: everything that a compliance feature stands on, and no feature."""

__version__ = "0.1.0"
