"""Text of files: who can read which kind, and reading in a process of its own."""
