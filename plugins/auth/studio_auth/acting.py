"""Commands that act as an account: the services see the same caller as when that person calls the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from studio_auth import queries
from studio_auth.emails import normal_email
from studio_kernel.app import Platform
from studio_kernel.commands.session import platform_session
from studio_kernel.context import CallContext, call_context
from studio_kernel.errors import NotFound
from studio_kernel.security.principal import BROAD_SCOPES, Principal

F = TypeVar("F", bound=Callable[..., Any])


def as_option(command: F) -> F:
    """``--as ACCOUNT``: whose rights are used, and whose name is in the log."""
    return click.option("--as", "account", required=True, help="Address or id of the account that acts.")(command)


def account_id(platform: Platform, account: str) -> str:
    """The id of an active account, by address or id; ``NotFound`` without one."""
    return principal_of_account(platform, account).user_id


def principal_of_account(platform: Platform, account: str) -> Principal:
    """The caller that an active account is, by address or id, with all that its role allows.

    :raises NotFound: no active account has that address or id.
    """
    by_address = "@" in account
    statement = queries.USER_BY_EMAIL if by_address else queries.USER_BY_ID
    key = {"email": normal_email(account)} if by_address else {"id": account}
    row = platform.database.row(statement, **key)
    found = dict(zip(queries.USER_COLUMNS, row, strict=True)) if row is not None else {}
    if found.get("status") != "active":
        raise NotFound(f"There is no active account {account}")
    return Principal("user", found["id"], found["id"], found["role"], frozenset(BROAD_SCOPES))


@contextmanager
def acting_session(action: str, account: str, permission: str) -> Iterator[tuple[Platform, Principal]]:
    """A platform for the length of a command that acts as ``account``; changes are logged as ``cli.<action>``.

    The account must have the permission, as for the operation of the API that does the same.
    """
    with platform_session(action) as platform:
        principal = principal_of_account(platform, account)
        platform.permissions.check(principal, permission, "")
        with call_context(CallContext(principal=principal, action=f"cli.{action}", method="CLI")):
            yield platform, principal
