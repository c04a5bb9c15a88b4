"""The use cases, a module for each thing that a project consists of."""
