"""Waivers, as a plugin of Studio Platform."""
