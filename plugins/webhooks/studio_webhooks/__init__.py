"""Webhooks of Studio Platform: events, signed and delivered to the systems of others."""
