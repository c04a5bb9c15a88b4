"""Grounded answers about controls and evidence, and policy drafts."""
