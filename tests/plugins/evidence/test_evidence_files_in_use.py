"""Files that other plugins keep in the store stay: ``studio_files_in_use``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio_evidence.service.upkeep import Upkeep
from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo


class Keeper:
    """A plugin with a file of its own."""

    info = PluginInfo(name="keeper", version="1")
    wanted = ""

    @hookimpl
    def studio_files_in_use(self, platform: Any, digests: Sequence[str]) -> Sequence[str]:
        return [each for each in digests if each == self.wanted]


def kept(platform: Any, content: bytes) -> str:
    with platform.files.stage() as staged:
        staged.write(content)
        return str(platform.files.keep(staged))


def test_a_file_that_a_plugin_names_stays(make_studio: Any) -> None:
    keeper = Keeper()
    studio = make_studio(plugins=["auth", "projects", "evidence"], extra=[keeper])
    mine, orphan = kept(studio.platform, b"mine"), kept(studio.platform, b"nobody's")
    keeper.wanted = mine
    studio.clock.advance(2 * 3600)
    assert Upkeep(studio.platform).sweep() == 1
    assert studio.platform.files.exists(mine)
    assert not studio.platform.files.exists(orphan)
