"""The assistant's tools for AI clients, by the Model Context Protocol."""
