"""Building the services once, and their resources with them."""

from __future__ import annotations

from collections.abc import Sequence

from studio_auth.oauth.flow import OAuth
from studio_auth.resources.account_pages import AccountPages
from studio_auth.resources.api_keys import ApiKeyResource
from studio_auth.resources.login import LoginResource
from studio_auth.resources.oauth import OAuthResource
from studio_auth.resources.oauth_clients import OAuthClientResource
from studio_auth.resources.second_factor import SecondFactorResource
from studio_auth.resources.sessions import SessionResource
from studio_auth.resources.users import UserResource
from studio_auth.service.api_keys import ApiKeys
from studio_auth.service.browsers import Browsers
from studio_auth.service.grants import Grants
from studio_auth.service.login import Logins
from studio_auth.service.oauth_clients import OAuthClients
from studio_auth.service.privacy import Privacy
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.sessions import Sessions
from studio_auth.service.throttle import Throttle
from studio_auth.service.users import Users
from studio_kernel.app import Platform
from studio_kernel.http.operations import Operation, operations_of


def operations(platform: Platform) -> Sequence[Operation]:
    """Every operation of this plugin."""
    sessions = Sessions(platform)
    throttle = Throttle(platform)
    users = Users(platform, sessions, throttle)
    logins = Logins(platform, sessions, throttle)
    browsers = Browsers(platform, sessions, logins)
    clients = OAuthClients(platform, sessions)
    grants = Grants(platform, sessions)
    base = platform.settings.kernel.public_url.rstrip("/")
    return operations_of(
        LoginResource(platform, logins, sessions, users),
        UserResource(users, Privacy(platform, users), f"{base}/oauth/password"),
        SecondFactorResource(users, SecondFactors(platform, sessions)),
        SessionResource(sessions, grants),
        ApiKeyResource(ApiKeys(platform)),
        OAuthResource(platform, OAuth(platform, sessions, clients, grants), browsers),
        AccountPages(platform, browsers, sessions, grants, users),
        OAuthClientResource(clients),
    )
