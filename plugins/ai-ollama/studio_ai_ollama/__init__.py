"""Answers by models that an Ollama server runs."""
