"""The front door: a way to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.security.principal import Credentials, Principal
    from studio_kernel.settings import Section

info = PluginInfo(
    name="proxy-login",
    version="0.1.0",
    summary="Signs people in by a header that a reverse proxy sets",
    requires=("auth",),
)


@hookimpl
def studio_settings() -> Sequence[type[Section]]:
    from studio_proxy_login.settings import ProxyLoginSettings

    return (ProxyLoginSettings,)


@hookimpl
def studio_authenticate(platform: Platform, credentials: Credentials) -> Principal | None:
    from studio_proxy_login.authenticate import authenticate

    return authenticate(platform, credentials)
