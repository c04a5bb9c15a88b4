"""Side-by-side speed measurements: the platform, its ceiling and two peers, in one alternating run."""
