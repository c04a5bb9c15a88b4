"""Who asks, what they may do, and the primitives that keep secrets."""
