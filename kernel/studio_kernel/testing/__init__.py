"""What plugin authors test with: real servers, and a pytest plugin."""
