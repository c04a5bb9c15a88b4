"""The graph: who works on what, which evidence serves which control, which controls say the same (docs/graph.md)."""
