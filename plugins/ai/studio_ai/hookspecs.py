"""The hook of this plugin, for the plugins to its right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from studio_ai.providers import Provider
    from studio_kernel.app import Platform


@hookspec
def studio_ai_providers(platform: Platform) -> Sequence[Provider]:
    """Bring AI providers. Kind: collect.

    Called once, while the plugin ``ai`` builds its operations. A provider's id belongs to one plugin; a plugin
    that raises here or brings an id that is taken is left out.

    :param platform: settings and storage; a provider reads its own section of settings from it.
    :return: providers, each an object with ``id``, ``title``, ``needs_network`` and ``answer``.
    """
    return ()
