"""Brings an AI provider that raises."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo

info = PluginInfo(name="broken-provider", version="0.1.0", requires=("ai",))


class _Failing:
    id = "broken"
    title = "Broken"
    needs_network = False

    def answer(self, question):
        raise RuntimeError("the provider went wrong")


@hookimpl
def studio_ai_providers(platform):
    return [_Failing()]
