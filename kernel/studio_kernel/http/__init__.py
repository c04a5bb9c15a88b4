"""HTTP: operations declared once, and everything that follows from a declaration."""
