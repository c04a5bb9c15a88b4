"""Policies: templates, drafts made from them, and the rubric by which drafts are judged."""

from studio_ai.policies.drafting import PolicyDrafts
from studio_ai.policies.library import PolicyLibrary, PolicyTemplate

__all__ = ["PolicyDrafts", "PolicyLibrary", "PolicyTemplate"]
