"""Says nothing of itself."""

name = "broken-info"
