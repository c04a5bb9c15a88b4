"""Reports about a project: what they say, and the forms that they come in."""
