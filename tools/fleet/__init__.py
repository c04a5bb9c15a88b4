"""A whole fleet on loopback: engines from wheels, API processes, workers and nginx, under load and under attack.

``python -m fleet`` (``make fleet``) runs it; the tests run parts of it.
"""
