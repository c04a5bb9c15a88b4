"""The OAuth 2.0 authorization server, on oauthlib."""
