"""Accounts, logins, API keys and OAuth 2.0."""
