"""What the platform knows of a person: handed out to them, and taken out again.

Plugins declare what their tables hold (``studio_personal_data``). An export reads the rows that are the person's. An
erasure deletes what needn't stay; where the organisation must keep something, such as who approved a piece of evidence,
it stays under the account's id, which then leads to nobody, and the person's addresses and names are replaced wherever
they stand in texts. See ``docs/privacy.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from studio_kernel.storage.sql import Statement

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and every address and name that it has had."""

    id: str
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def pseudonym(self) -> str:
        """The name that stands in the place of theirs."""
        return f"Erased person {self.id[-6:]}"

    @property
    def no_address(self) -> str:
        """What stands in the place of their address; unique, and no address."""
        return f"erased:{self.id}"

    def replaced(self, text: str) -> str:
        """The text without them.

        An address goes wherever it stands, and so does a name of several words. A single word could be any word: it
        goes only where JSON says that it is a name.
        """
        for email in self.emails:
            text = re.sub(rf"(?<![\w.+-]){re.escape(email)}(?![\w-])", self.no_address, text, flags=re.IGNORECASE)
        for name in self.names:
            for written in {name, json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]}:
                alone = len(name.split()) == 1
                before = r'(?<="name":")' if alone else r"(?<!\w)"
                after = r'(?=")' if alone else r"(?!\w)"
                text = re.sub(before + re.escape(written) + after, lambda _: self.pseudonym, text)
        return text


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What one table holds of people.

    ``key`` is its primary key. ``accounts`` are columns with an account's id; a row is the person's where one of them
    is theirs, or where ``condition`` holds, which has ``:person``. ``shown`` are the columns of an export; ``erased``
    says what becomes of the person's rows. ``texts`` are columns of all rows, whoever's, in which somebody may have
    written an address or a name. Where rows lie in projects, by their ``project_id``, ``hold`` is given the ids of
    these in order and takes the locks that a change in them begins with. ``changed`` is told the keys of rows whose
    texts were replaced. Both are called in the transaction that replaces them. ``erase`` does what else there is to do,
    after the rows.
    """

    table: str
    key: str
    accounts: tuple[str, ...] = ()
    condition: str = ""
    shown: tuple[str, ...] = ()
    erased: Literal["kept", "deleted"] = "kept"
    texts: tuple[str, ...] = ()
    hold: Callable[[Sequence[str]], None] | None = None
    changed: Callable[[Sequence[Any]], None] | None = None
    erase: Callable[[Person], int] | None = None

    @property
    def theirs(self) -> str:
        """The condition for the person's rows, or an empty text."""
        return self.condition or " OR ".join(f"{column} = :person" for column in self.accounts)


@dataclass(slots=True)
class Privacy:
    """Collects and erases, over the declarations of all plugins; those of the kernel come last."""

    platform: Platform
    declared: Sequence[PersonalData]

    def export(self, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and row, for all rows that are the person's; in constant memory."""
        for data in self.declared:
            if data.theirs and data.shown:
                for row in self._rows(data, person):
                    yield data.table, row

    def document(self, person: Person, about: Mapping[str, Any]) -> Iterator[bytes]:
        """The export as one JSON document, piece by piece."""
        yield b'{"about": ' + json.dumps(about).encode() + b', "data": {'
        last = ""
        for table, row in self.export(person):
            opening = "" if table == last else f"{']' if last else ''}{', ' if last else ''}{json.dumps(table)}: ["
            yield ((", " if table == last else opening) + json.dumps(row, ensure_ascii=False)).encode()
            last = table
        yield b"]}}\n" if last else b"}}\n"

    def erase(self, person: Person, report: Callable[[int], None] = lambda percent: None) -> dict[str, int]:
        """Delete and replace, table by table, some rows at a time; how many rows of each table.

        Doing it again, as after an interruption, is harmless and finds the rest.
        """
        counts: dict[str, int] = {}
        for place, data in enumerate(self.declared):
            done = self._delete(data, person) if data.erased == "deleted" and data.theirs else 0
            done += self._rewrite(data, person) if data.texts else 0
            done += data.erase(person) if data.erase is not None else 0
            counts[data.table] = counts.get(data.table, 0) + done
            report(100 * (place + 1) // len(self.declared))
        # NOTE: once more, for what subscribers have meanwhile made of events that still named the person.
        for data in self.declared:
            counts[data.table] += self._rewrite(data, person) if data.texts else 0
        return {table: done for table, done in counts.items() if done}

    def _rows(self, data: PersonalData, person: Person) -> Iterator[dict[str, Any]]:
        columns = (data.key, *data.shown)
        select = f"SELECT {', '.join(columns)} FROM {data.table} WHERE ({data.theirs})"
        first = Statement(f"{select} ORDER BY {data.key} LIMIT {_AT_ONCE}")
        further = Statement(f"{select} AND {data.key} > :after ORDER BY {data.key} LIMIT {_AT_ONCE}")
        rows = self.platform.database.rows(first, person=person.id)
        while rows:
            yield from (dict(zip(data.shown, row[1:], strict=True)) for row in rows)
            rows = self.platform.database.rows(further, person=person.id, after=rows[-1][0])

    def _delete(self, data: PersonalData, person: Person) -> int:
        with self.platform.database.transaction():
            return self.platform.database.execute(
                Statement(f"DELETE FROM {data.table} WHERE {data.theirs}"), person=person.id
            )

    def _rewrite(self, data: PersonalData, person: Person) -> int:
        needles = {f"needle_{place}": f"%{_like(each)}%" for place, each in enumerate(_needles(person))}
        if not needles:
            return 0
        found = " OR ".join(
            f"LOWER({column}) LIKE LOWER(:{needle}) ESCAPE '!'" for column in data.texts for needle in needles
        )
        select = f"SELECT {data.key} FROM {data.table} WHERE ({found})"
        rest = f"ORDER BY {data.key} LIMIT {_AT_ONCE}"
        rows = self.platform.database.rows(Statement(f"{select} {rest}"), **needles)
        changed = 0
        further = Statement(f"{select} AND {data.key} > :after {rest}")
        while rows:
            changed += self._replace(data, person, [row[0] for row in rows])
            rows = self.platform.database.rows(further, **needles, after=rows[-1][0])
        return changed

    def _replace(self, data: PersonalData, person: Person, keys: Sequence[Any]) -> int:
        """Replace the person in these rows, as they are now: others may have changed them since they were found."""
        names = ", ".join((data.key, *data.texts))
        select = f"SELECT {names} FROM {data.table} WHERE {data.key} IN :keys ORDER BY {data.key}"
        read = Statement(select, postgresql=f"{select} FOR NO KEY UPDATE")
        assignments = ", ".join(f"{column} = :{column}" for column in data.texts)
        update = Statement(f"UPDATE {data.table} SET {assignments} WHERE {data.key} = :row_key")
        changed = []
        with self.platform.database.transaction():
            if data.hold is not None:
                data.hold(self._projects(data, keys))
            for key, *texts in self.platform.database.rows(read, keys=keys):
                fresh = [text if text is None else person.replaced(text) for text in texts]
                if fresh != texts:
                    values = dict(zip(data.texts, fresh, strict=True))
                    self.platform.database.execute(update, row_key=key, **values)
                    changed.append(key)
            if changed and data.changed is not None:
                data.changed(changed)
        return len(changed)

    def _projects(self, data: PersonalData, keys: Sequence[Any]) -> list[str]:
        found = Statement(f"SELECT DISTINCT project_id FROM {data.table} WHERE {data.key} IN :keys")
        return sorted(row[0] for row in self.platform.database.rows(found, keys=keys))


def _needles(person: Person) -> Iterator[str]:
    for text in (*person.emails, *person.names):
        yield from {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _like(text: str) -> str:
    return re.sub(r"([!%_])", r"!\1", text)
