"""What exactly is signed and hashed. Everything here is part of the published format (``docs/audit.md``).

Parts are joined as netstrings (``5:hello,``) of UTF-8, so that no two different lists of parts give the same bytes and
any language can write them. Hashes are SHA-256; trees are those of RFC 6962 section 2.1.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

ENTRY_COLUMNS = (
    "position", "id", "at", "actor_kind", "actor_id", "user_id", "action", "resource_id", "project_id", "address",
    "method", "path", "status", "request_id", "salt", "withheld", "mac",
)  # fmt: skip
NO_HASH = "0" * 64
"""What the first seal names as the hash of the one before it."""

Entry = Mapping[str, Any]


def packed(*parts: str) -> bytes:
    """The parts as netstrings."""
    return b"".join([b"%d:%b," % (len(raw), raw) for raw in map(_raw, parts)])


def _raw(part: object) -> bytes:
    # NOTE: SQLite keeps what isn't text in a column of texts, if somebody puts it there: that is no text of ours.
    return part.encode() if type(part) is str else f"\0{part!r}".encode()


def text_of(digest: bytes) -> str:
    """Base 64 for URLs, without padding."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """What :func:`text_of` wrote; ``ValueError`` for anything else."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private_digest(entry: Entry) -> str:
    """Stands for what says where a person was, so that it can be withheld later without changing what is signed.

    The salt is random and goes with it: without the salt nobody finds the address by trying all of them.
    """
    if entry["withheld"] != "":
        return str(entry["withheld"]).partition(".")[0]
    actor = entry["actor_id"] if entry["actor_kind"] == "anonymous" else ""
    parts = packed("studio-audit-private-1", entry["salt"], entry["address"], entry["path"], actor)
    return text_of(hashlib.sha256(parts).digest())


def signed_part(entry: Entry) -> bytes:
    """What an entry's signature is made of: all of it but its position, which the database gives it."""
    actor = "" if entry["actor_kind"] == "anonymous" else entry["actor_id"]
    return packed(
        "studio-audit-entry-1", entry["id"], entry["at"], entry["actor_kind"], actor, entry["user_id"],
        entry["action"], entry["resource_id"], entry["project_id"], entry["method"], str(entry["status"]),
        entry["request_id"], private_digest(entry),
    )  # fmt: skip


def withheld_part(entry_id: str, digest: str) -> bytes:
    """What is signed when an entry's private part is taken out."""
    return packed("studio-audit-withheld-1", entry_id, digest)


def leaf(entry: Entry) -> bytes:
    """An entry's hash in the tree of its seal (RFC 6962: a leaf begins with a zero byte)."""
    return hashlib.sha256(b"\0" + packed(str(entry["position"]), entry["mac"]) + signed_part(entry)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from leaves to root; a node without a partner rises as it is, which is RFC 6962's shape."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [_node(below[index], below[index + 1]) for index in range(0, len(below) - 1, 2)]
        levels.append(level + below[len(below) - len(below) % 2 :])
    return levels


def tree_root(leaves: Sequence[bytes]) -> str:
    """The root in hex; there is at least one leaf."""
    return tree_levels(leaves)[-1][0].hex()


def proof(levels: Sequence[Sequence[bytes]], index: int) -> list[str]:
    """The partners on the way from a leaf to the root, in hex; empty where a node has none."""
    partners = []
    for level in levels[:-1]:
        partner = index ^ 1
        partners.append(level[partner].hex() if partner < len(level) else "")
        index //= 2
    return partners


def root_by_proof(start: bytes, index: int, partners: Sequence[str]) -> str:
    """The root that a leaf and its proof lead to."""
    node = start
    for partner in partners:
        if partner:
            other = bytes.fromhex(partner)
            node = _node(other, node) if index % 2 else _node(node, other)
        index //= 2
    return node.hex()


def listed(entries: Sequence[Entry], leaves: Sequence[bytes]) -> str:
    """What a seal holds: position and the beginning of the hash of each entry, to name what is gone or changed."""
    return " ".join([f"{entry['position']}:{text_of(each[:6])}" for entry, each in zip(entries, leaves, strict=True)])


def read_list(contents: str) -> list[tuple[int, str]]:
    """What :func:`listed` wrote; ``ValueError`` when it is something else."""
    pairs = [part.partition(":") for part in contents.split(" ")] if contents else []
    return [(int(position), beginning) for position, _, beginning in pairs]


SEAL_COLUMNS = (
    "number", "sealed_at", "entries", "total", "first_at", "last_at", "root", "contents_digest", "previous", "key_id",
)  # fmt: skip
"""What a seal's hash covers, in this order."""


def seal_hash(seal: Mapping[str, Any]) -> str:
    """The hash of a seal, which the next one names."""
    parts = packed("studio-audit-seal-1", *[str(seal[column]) for column in SEAL_COLUMNS])
    return hashlib.sha256(parts).hexdigest()


def seal_signed_part(digest: str) -> bytes:
    """What is signed of a seal."""
    return packed("studio-audit-seal-signature-1", digest)


def pruned_part(digest: str, at: str) -> bytes:
    """What is signed when the entries of a seal are deleted because of their age."""
    return packed("studio-audit-pruned-1", digest, at)


ANCHOR_COLUMNS = ("type", "number", "hash", "total", "sealed_at", "anchored_at", "key_id", "public_key")


def anchor_signed_part(anchor: Mapping[str, Any]) -> bytes:
    """What is signed of an anchor."""
    return packed(*[str(anchor[column]) for column in ANCHOR_COLUMNS])
