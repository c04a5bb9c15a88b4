"""The hooks of this plugin, for the plugins to its right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from studio_ai.registry import AnyProvider
    from studio_ai.tooling import Tool
    from studio_kernel.app import Platform


@hookspec
def studio_ai_providers(platform: Platform) -> Sequence[AnyProvider]:
    """Bring AI providers. Kind: collect.

    Called once, while the plugin ``ai`` builds its operations. A provider's id belongs to one plugin; a plugin
    that raises here or brings an id that is taken is left out.

    :param platform: settings and storage; a provider reads its own section of settings from it.
    :return: providers, each an object with ``id``, ``title``, ``needs_network`` and either ``answer`` (a
        :class:`studio_ai.api.Provider`) or ``turn`` (a :class:`studio_ai.api.ModelProvider`).
    """
    return ()


@hookspec
def studio_ai_tools(platform: Platform) -> Sequence[Tool]:
    """Bring tools that models and AI clients may call with their caller's rights. Kind: collect.

    Called at the first use of tools. A tool whose name is taken or isn't letters, digits, ``-`` and ``_``, and the
    tools of a plugin that raises here, are left out and logged. A tool that raises costs its own result, not the
    answer.

    :param platform: the running platform.
    :return: tools; each checks the caller's rights in the project itself, as a service does.
    """
    return ()
