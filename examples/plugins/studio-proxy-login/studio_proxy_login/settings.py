"""Settings of this plugin."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, IPvAnyNetwork

from studio_kernel.settings import Section


class ProxyLoginSettings(Section):
    """The table ``[proxy_login]``, or ``STUDIO_PROXY_LOGIN_…``."""

    section: ClassVar[str] = "proxy_login"
    proxies: tuple[IPvAnyNetwork, ...] = Field((), description="Networks of proxies that may name the person.")
    header: str = Field("X-Forwarded-Email", min_length=1, description="The header that holds the email address.")
    create: bool = Field(False, description="Make an account for an address that has none.")
    role: Literal["manager", "auditor", "customer", "viewer"] = Field("viewer", description="Role of such accounts.")
