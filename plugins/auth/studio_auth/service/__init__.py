"""The use cases. They know no HTTP; the command line uses them as well."""
