"""The providers of all active plugins."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_ai.providers import Provider
from studio_ai.turns import ModelProvider
from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import described

if TYPE_CHECKING:
    from studio_kernel.app import Platform
    from studio_kernel.plugins import PluginRecord

OFFLINE = "offline"
AnyProvider = Provider | ModelProvider
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_log = logging.getLogger(__name__)


class ProviderRegistry:
    """Providers by id, the built-in one always among them."""

    def __init__(self, platform: Platform) -> None:
        """Ask every plugin; a third-party one that fails or claims a taken id is left out."""
        self._providers: dict[str, AnyProvider] = {}
        self._owners: dict[str, str] = {}
        for record in list(platform.plugins.active):
            if record.state == "active":
                self._take_in(platform, record)

    def __iter__(self) -> Iterator[AnyProvider]:
        return iter(self._providers.values())

    def get(self, provider_id: str) -> AnyProvider | None:
        """A provider by id."""
        return self._providers.get(provider_id)

    @property
    def offline(self) -> Provider:
        """The one that needs no network."""
        provider = self._providers[OFFLINE]
        assert not isinstance(provider, ModelProvider)
        return provider

    def model(self, provider_id: str) -> tuple[ModelProvider | None, str | None]:
        """The model of that id, for work that only models do; without one, why, unless the built-in one was meant."""
        provider = self._providers.get(provider_id)
        if isinstance(provider, ModelProvider):
            return provider, None
        if provider is None:
            return None, f"the provider {provider_id} is not installed"
        return None, None if provider_id == OFFLINE else f"the provider {provider_id} only answers questions"

    def ids(self) -> list[str]:
        """The ids of all providers."""
        return list(self._providers)

    def _take_in(self, platform: Platform, record: PluginRecord) -> None:
        public = ""
        try:
            found: list[Any] = platform.plugins.declarations(record, "studio_ai_providers", platform=platform)
            problem = self._problem(found, record.name)
        except ConfigurationError:
            raise
        except (Exception, SystemExit) as error:
            _log.debug("declaring providers failed", exc_info=True)
            found = []
            problem, public = described("failed while it declared AI providers", error)
        if problem:
            platform.plugins.leave_out(record, problem, public)
            return
        for provider in found:
            self._providers[provider.id] = provider
            self._owners[provider.id] = record.name

    def _problem(self, found: list[Any], owner: str) -> str:
        seen: set[str] = set()
        for provider in found:
            name = getattr(provider, "id", None)
            if not isinstance(name, str) or not _ID.match(name):
                return f"an AI provider's id must be lower-case letters, digits, - or _, not {name!r}"
            ways = [way for way in ("answer", "turn") if callable(getattr(provider, way, None))]
            if not isinstance(getattr(provider, "title", None), str) or not ways:
                return f"the AI provider {name!r} lacks a title or the method answer or turn"
            if name in self._owners or name in seen:
                other = self._owners.get(name, owner)
                return f"the AI provider {name!r} is claimed by both {other!r} and {owner!r}"
            seen.add(name)
        return ""
