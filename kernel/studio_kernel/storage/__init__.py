"""Where data lives: one interface a kind of storage, and adapters that pass the same tests."""
