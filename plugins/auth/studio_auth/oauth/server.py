"""oauthlib's endpoints, with the grants that the platform has and no others: no password, no implicit grant."""

from __future__ import annotations

import logging
from typing import Any

from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    IntrospectEndpoint,
    RefreshTokenGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256

from studio_auth.oauth.validator import Validator

# APPSEC: at the level debug oauthlib writes codes and refresh tokens to the log.
logging.getLogger("oauthlib").setLevel(logging.WARNING)


class Server(AuthorizationEndpoint, IntrospectEndpoint, TokenEndpoint, RevocationEndpoint):  # type: ignore[misc]
    """The endpoints for one request, which ``validator`` answers for."""

    def __init__(self, validator: Validator, expires_in: int) -> None:
        bearer = BearerToken(validator, validator.access_token, expires_in, validator.refresh_token)
        code = AuthorizationCodeGrant(validator)
        # NOTE: `plain` proves nothing once the request was seen (RFC 7636 section 7.2).
        code._code_challenge_methods = {"S256": code_challenge_method_s256}
        code.custom_validators.pre_auth.append(validator.check_challenge)
        code.custom_validators.post_token.append(lambda request: _refresh_if_allowed(code, validator))
        refresh = RefreshTokenGrant(validator)
        refresh.custom_validators.post_token.append(validator.use_refresh_token)
        credentials = ClientCredentialsGrant(validator)
        AuthorizationEndpoint.__init__(
            self, default_response_type="code", response_types={"code": code}, default_token_type=bearer
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type="authorization_code",
            grant_types={
                "authorization_code": code,
                "client_credentials": credentials,
                "refresh_token": refresh,
            },
            default_token_type=bearer,
        )
        RevocationEndpoint.__init__(self, validator)
        IntrospectEndpoint.__init__(self, validator)


def _refresh_if_allowed(grant: Any, validator: Validator) -> None:
    """A client that isn't registered for refreshing gets no refresh token."""
    grant.refresh_token = validator.may_refresh()
