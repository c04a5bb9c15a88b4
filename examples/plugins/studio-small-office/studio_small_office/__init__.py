"""A security baseline for a small office, as a plugin of Studio Platform."""
