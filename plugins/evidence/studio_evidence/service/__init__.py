"""The use cases of evidence."""
