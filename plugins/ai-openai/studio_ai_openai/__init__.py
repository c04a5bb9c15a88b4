"""Answers by models behind an OpenAI-compatible API, hosted or local."""
