"""Commands that this plugin adds to ``studio``."""
