"""The second factor over HTTP."""

from __future__ import annotations

from typing import Any

from studio_auth.schemas.second_factor import (
    FactorBegun,
    FactorProof,
    FactorStatus,
    OneCode,
    PasswordProof,
    RecoveryCodes,
)
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.users import Users
from studio_kernel.errors import Conflict, Forbidden
from studio_kernel.http.operations import Call, operation
from studio_kernel.security.principal import Principal

_PATH = "/api/v1/users/me/second-factor"


class SecondFactorResource:
    """Responders around one's own second factor, and the loss of another's."""

    def __init__(self, users: Users, factors: SecondFactors) -> None:
        self._users = users
        self._factors = factors

    @operation(
        "second_factor.read",
        "GET",
        _PATH,
        summary="Show whether one's own second factor is on",
        permission="second_factor:manage",
        response=FactorStatus,
    )
    def read(self, call: Call) -> Any:
        """Never the secret."""
        return self._factors.status(call.principal.user_id, call.principal.role)

    @operation(
        "second_factor.begin",
        "POST",
        _PATH,
        summary="Get a secret for an authenticator; it counts once a code of it was confirmed",
        permission="second_factor:manage",
        body=PasswordProof,
        response=FactorBegun,
        errors=(Conflict,),
    )
    def begin(self, call: Call) -> Any:
        """The secret is shown only now."""
        user = self._users.confirm_identity(_person(call.principal), call.body["current_password"], call.address)
        enrolment = self._factors.begin(user["id"], user["email"])
        return {"secret": enrolment.secret, "uri": enrolment.uri}

    @operation(
        "second_factor.confirm",
        "POST",
        f"{_PATH}/confirm",
        summary="Turn the second factor on with a first code; the recovery codes are shown only now",
        description="Every other session of the account ends.",
        permission="second_factor:manage",
        body=OneCode,
        response=RecoveryCodes,
        errors=(Conflict,),
    )
    def confirm(self, call: Call) -> Any:
        """From now on a login needs a code."""
        caller = _person(call.principal)
        codes = self._factors.confirm(caller.user_id, call.body["otp"], keep=caller.session_id)
        return {"recovery_codes": codes}

    @operation(
        "second_factor.renew_codes",
        "POST",
        f"{_PATH}/recovery-codes",
        summary="Get new recovery codes in place of the old ones",
        permission="second_factor:manage",
        body=FactorProof,
        response=RecoveryCodes,
    )
    def renew(self, call: Call) -> Any:
        """The old ones stop."""
        user = self._proved(call)
        return {"recovery_codes": self._factors.renew_codes(user["id"])}

    @operation(
        "second_factor.disable",
        "POST",
        f"{_PATH}/disable",
        summary="Turn one's own second factor off",
        permission="second_factor:manage",
        body=FactorProof,
        shape="message",
        message="Second factor turned off successfully",
    )
    def disable(self, call: Call) -> None:
        """Where the role needs one, all that is left is to set up another."""
        self._factors.remove(self._proved(call)["id"])

    @operation(
        "second_factor.reset",
        "DELETE",
        "/api/v1/users/{user_id}/second-factor",
        summary="Turn another's second factor off, after a device was lost",
        description="The account's sessions end.",
        permission="users:update",
        scope="admin",
        shape="message",
        message="Second factor turned off successfully",
    )
    def reset(self, call: Call) -> None:
        """Make sure by other means who asks for it."""
        self._users.remove_second_factor(call.principal, call.path["user_id"])

    def _proved(self, call: Call) -> dict[str, Any]:
        body = call.body
        return self._users.confirm_identity(
            _person(call.principal), body["current_password"], call.address, body["otp"], need_factor=True
        )


def _person(caller: Principal) -> Principal:
    """APPSEC: a key or an application never sets up what people sign in with."""
    if caller.kind != "user" or caller.client_id:
        raise Forbidden("Sign in yourself for that; keys and applications can't do it")
    return caller
