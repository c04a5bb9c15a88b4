"""Accounts over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.queries import USER_LISTING
from studio_auth.schemas.users import (
    ErasureBody,
    ErasureStarted,
    PasswordChange,
    PasswordResetToken,
    PersonalDocument,
    UserBody,
    UserChange,
    UserDetail,
    UserInList,
)
from studio_auth.service.privacy import Privacy
from studio_auth.service.users import Users, user_of
from studio_kernel.errors import Conflict
from studio_kernel.http.operations import Answer, Call, StreamAnswer, operation
from studio_kernel.http.wire import JSON, raw_json


class UserResource:
    """Responders around accounts."""

    def __init__(self, users: Users, privacy: Privacy, page: str) -> None:
        self._users = users
        self._privacy = privacy
        self._page = page

    @operation(
        "users.me",
        "GET",
        "/api/v1/users/me",
        summary="Show one's own account",
        permission="users:self",
        response=UserDetail,
        etag=True,
    )
    def me(self, call: Call) -> Any:
        """The caller's account; a client that acts for itself has none."""
        return _detail(self._users.show(call.principal, call.principal.user_id))

    @operation(
        "users.change_password",
        "PUT",
        "/api/v1/users/me/password",
        summary="Change one's own password",
        description="Every other session of the account ends.",
        permission="users:self",
        body=PasswordChange,
        shape="message",
        message="Password changed successfully",
    )
    def change_password(self, call: Call) -> None:
        """The present password is asked for, so that a stolen token is not enough."""
        body = call.body
        self._users.change_password(call.principal, body["current_password"], body["new_password"], call.address)

    @operation(
        "users.list",
        "GET",
        "/api/v1/users",
        summary="List accounts",
        permission="users:read",
        scope="admin",
        listing=USER_LISTING,
        response=UserInList,
    )
    def list(self, call: Call) -> Any:
        """Newest first by default."""
        page = self._users.list(call.listing)
        return {"users": [_in_list(user_of(row)) for row in page.rows], "pagination": page.pagination}

    @operation(
        "users.create",
        "POST",
        "/api/v1/users",
        summary="Create an account",
        permission="users:create",
        scope="admin",
        body=UserBody,
        response=UserDetail,
        status=201,
        errors=(Conflict,),
    )
    def create(self, call: Call) -> Answer:
        """Only a super_admin makes a super_admin."""
        user = self._users.create(call.principal, **call.body)
        return Answer(_detail(user), location=f"/api/v1/users/{user['id']}")

    @operation(
        "users.read",
        "GET",
        "/api/v1/users/{user_id}",
        summary="Show an account: one's own, or any as an administrator",
        permission="users:self",
        response=UserDetail,
        etag=True,
    )
    def read(self, call: Call) -> Any:
        """Others' accounts answer 404 to everybody but administrators."""
        return _detail(self._users.show(call.principal, call.path["user_id"]))

    @operation(
        "users.update",
        "PUT",
        "/api/v1/users/{user_id}",
        summary="Change an account: one's own name and preferences, or others' as an administrator",
        permission="users:self",
        body=UserChange,
        response=UserDetail,
        errors=(Conflict,),
    )
    def update(self, call: Call) -> Any:
        """What the body doesn't name stays as it is."""
        return _detail(self._users.update(call.principal, call.path["user_id"], call.body))

    @operation(
        "users.delete",
        "DELETE",
        "/api/v1/users/{user_id}",
        summary="Delete an account; its tokens and keys stop at once",
        permission="users:delete",
        scope="admin",
        shape="message",
        message="User deleted successfully",
        errors=(Conflict,),
    )
    def delete(self, call: Call) -> None:
        """What the account did stays, with its name."""
        self._users.delete(call.principal, call.path["user_id"])

    @operation(
        "users.reset_password",
        "POST",
        "/api/v1/users/{user_id}/password-reset",
        summary="Issue a one-time token with which the account's owner sets a new password",
        description="It is shown only now. An earlier one ends; nothing else changes until it is used.",
        permission="users:update",
        scope="admin",
        response=PasswordResetToken,
        errors=(Conflict,),
    )
    def reset_password(self, call: Call) -> Any:
        """For a platform that sends no mail: the administrator hands the token over."""
        token, ends = self._users.issue_reset(call.principal, call.path["user_id"])
        return {"reset_token": token, "expires_at": ends, "page": self._page}

    @operation(
        "users.export_own_data",
        "GET",
        "/api/v1/users/me/data-export",
        summary="Hand over all that the platform holds of oneself",
        permission="users:self",
        response=PersonalDocument,
        shape="raw",
    )
    def export_own_data(self, call: Call) -> StreamAnswer:
        """One JSON document, sent as it is read."""
        return StreamAnswer(self._privacy.export(call.principal, call.principal.user_id), JSON)

    @operation(
        "users.export_data",
        "GET",
        "/api/v1/users/{user_id}/data-export",
        summary="Hand over all that the platform holds of a person",
        permission="users:read",
        scope="admin",
        response=PersonalDocument,
        shape="raw",
    )
    def export_data(self, call: Call) -> StreamAnswer:
        """The same of anybody, for an administrator."""
        return StreamAnswer(self._privacy.export(call.principal, call.path["user_id"]), JSON)

    @operation(
        "users.erase",
        "POST",
        "/api/v1/users/{user_id}/erasure",
        summary="Erase a person",
        description="The account stops at once. What needn't stay is deleted and what must stay loses name and "
        "address, in a background job. It can't be undone.",
        permission="users:delete",
        scope="admin",
        body=ErasureBody,
        response=ErasureStarted,
        status=202,
        errors=(Conflict,),
    )
    def erase(self, call: Call) -> dict[str, str]:
        """``confirm`` repeats the account's address."""
        job_id = self._privacy.request_erasure(call.principal, call.path["user_id"], call.body["confirm"])
        return {"job_id": job_id}


def _in_list(user: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in user.items() if name != "preferences"}


def _detail(user: dict[str, Any]) -> dict[str, Any]:
    return {**user, "preferences": raw_json(user["preferences"])}
