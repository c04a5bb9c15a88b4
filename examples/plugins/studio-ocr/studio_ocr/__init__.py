"""A plugin that reads the text in pictures."""
