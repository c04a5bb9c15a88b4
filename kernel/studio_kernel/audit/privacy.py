"""Taking a person's traces out of the log, so that every entry still verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_kernel.audit import form
from studio_kernel.audit.keys import SealKeys
from studio_kernel.storage.database import Database
from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.privacy import Person

_ENTRY = ", ".join(form.ENTRY_COLUMNS)
# What a person did, what was tried on their account before anybody was signed in, and paths that name them.
_THEIRS = "(user_id = :person OR (actor_kind = 'anonymous' AND resource_id = :person))"
_FIND = Statement(
    f"SELECT {_ENTRY} FROM audit_log WHERE withheld = '' AND position > :after AND {_THEIRS} "
    "ORDER BY position LIMIT 500"
)
_FIND_NAMED = Statement(
    f"SELECT {_ENTRY} FROM audit_log WHERE withheld = '' AND position > :after AND LOWER(path) LIKE LOWER(:named) "
    "ESCAPE '!' ORDER BY position LIMIT 500"
)
_WITHHOLD = Statement(
    "UPDATE audit_log SET address = '', path = '', salt = '', actor_id = :actor, withheld = :withheld "
    "WHERE position = :position AND withheld = ''"
)


def withhold(database: Database, keys: SealKeys, person: Person) -> int:
    """Take address and path out of the person's entries; how many. What they did stays, under the account's id."""
    count = _withhold(database, keys, _FIND, {"person": person.id})
    for email in person.emails:
        named = email.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        count += _withhold(database, keys, _FIND_NAMED, {"named": f"%{named}%"})
    return count


def _withhold(database: Database, keys: SealKeys, find: Statement, values: dict[str, str]) -> int:
    count, after = 0, 0
    while rows := database.rows(find, after=after, **values):
        with database.transaction():
            for row in rows:
                entry = dict(zip(form.ENTRY_COLUMNS, row, strict=True))
                digest = form.private_digest(entry)
                note = keys.newest.mac(form.withheld_part(entry["id"], digest))
                actor = "" if entry["actor_kind"] == "anonymous" else entry["actor_id"]
                count += database.execute(
                    _WITHHOLD, actor=actor, withheld=f"{digest}.{note}", position=entry["position"]
                )
        after = rows[-1][0]
    return count
