"""The audit log and its seal: every call of the API is written down, and nobody changes it unseen.

``log`` writes entries, ``form`` says what is signed and hashed, ``keys`` signs, ``seals`` closes what was committed
into a chain, ``verify`` recomputes all of it, ``anchors`` tells the chain's end to the outside, ``export`` hands parts
of it to others, ``privacy`` takes a person's traces out so that the rest still verifies. See ``docs/audit.md``.
"""

from studio_kernel.audit.log import Audit, AuditRow

__all__ = ["Audit", "AuditRow"]
