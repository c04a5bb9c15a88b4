"""The programs that the platform is compared with; each is one file that serves the same two operations."""
