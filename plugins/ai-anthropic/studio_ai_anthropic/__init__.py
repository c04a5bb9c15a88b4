"""Answers by models behind the Anthropic API."""
