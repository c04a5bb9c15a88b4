"""A register of vendors, as a plugin of Studio Platform."""
