"""Handing a person their data, and erasing a person (GDPR articles 15, 17 and 20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from studio_auth import queries
from studio_auth.events import USER_DELETED, USER_ERASED
from studio_auth.models import User
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.clock import to_text
from studio_kernel.context import current_context
from studio_kernel.errors import NotFound, ValidationFailed
from studio_kernel.jobs import JobRun, JobType
from studio_kernel.privacy import Person
from studio_kernel.security.principal import Principal

ERASE = "auth.erase"


class Privacy:
    """The use cases around a person's data. Erasing begins at once and is done in the background."""

    def __init__(self, platform: Platform, users: Users) -> None:
        self._platform = platform
        self._database = platform.database
        self._users = users

    def export(self, caller: Principal, user_id: str) -> Iterator[bytes]:
        """All that the platform holds of an account, as JSON: one's own, or any for an administrator."""
        user = self._users.show(caller, user_id)
        about = {
            "account": user["id"],
            "exported_at": to_text(self._platform.clock()),
            "platform": self._platform.settings.kernel.public_url,
        }
        return self._platform.privacy().document(self._person(user["id"]), about)

    def request_erasure(self, caller: Principal, user_id: str, confirm: str) -> str:
        """Stop an account for good and put its erasure in the queue; the job's id.

        :param confirm: the account's address, or its id where it was deleted before.
        :raises Conflict: for the last active super_admin.
        """
        with self._database.transaction():
            self._begin(caller, user_id, confirm)
            return self._platform.jobs.enqueue(ERASE, {"user_id": user_id}, owner_id=caller.user_id)

    def erase(self, caller: Principal, user_id: str, confirm: str, report: Callable[[int], None]) -> dict[str, int]:
        """The same at once, for the command line; how many rows of each table went or were changed."""
        with self._database.transaction():
            self._begin(caller, user_id, confirm)
        return self._finish(user_id, report)

    def job(self) -> JobType:
        """Erasing in the background. An attempt that was interrupted is gone on with by the next one."""
        return JobType(ERASE, self._run, summary="Erases a person", timeout=3600.0, max_attempts=20)

    # -- steps ----------------------------------------------------------------------------------------

    def _run(self, run: JobRun) -> dict[str, int]:
        return self._finish(str(run.arguments["user_id"]), run.report)

    def _begin(self, caller: Principal, user_id: str, confirm: str) -> None:
        user = self._users.any_account(caller, user_id)
        current_context().resource_id = user_id
        if confirm not in (user["email"], user_id):
            raise ValidationFailed("confirm", "Must be the address of the account that shall be erased")
        if user["status"] == "deleted":
            return
        told = self._told(user_id) | {"role": user["role"]}
        self._users.stop(caller, user)
        # APPSEC: told without name and address, which would live on with whoever is told.
        self._platform.events.publish(USER_DELETED, resource_id=user_id, data=told)

    def _finish(self, user_id: str, report: Callable[[int], None]) -> dict[str, int]:
        person = self._person(user_id)
        counts = self._platform.privacy().erase(person, report)
        with self._database.transaction():
            # NOTE: last, because an interrupted erasure must still know whom to look for.
            columns: dict[str, Any] = {
                "email": person.no_address,
                "name": person.pseudonym,
                "preferences": {},
                "last_login": None,
            }
            self._database.update(User, columns, where={"id": user_id})
            data = {"id": user_id, "name": person.pseudonym}
            self._platform.events.publish(USER_ERASED, resource_id=user_id, data=data)
        return counts

    def _told(self, user_id: str) -> dict[str, Any]:
        person = Person(user_id)
        return {"id": user_id, "email": person.no_address, "name": person.pseudonym, "status": "deleted"}

    def _person(self, user_id: str) -> Person:
        """The person behind an account, with the addresses and names that it had before."""
        row = self._database.row(queries.IDENTITY, id=user_id)
        if row is None:
            raise NotFound("There is no such account")
        emails, names = {row[0]}, {row[1]}
        for (data,) in self._database.rows(queries.USER_HISTORY, id=user_id):
            told = orjson.loads(data)
            emails.add(str(told.get("email", "")))
            names.add(str(told.get("name", "")))
        person = Person(user_id)
        true_emails = {email for email in emails if "@" in email}
        return Person(user_id, tuple(sorted(true_emails)), tuple(sorted(names - {"", person.pseudonym})))
