"""The hooks of the ``portal`` plugin, for the plugins to its right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio_kernel.hookspecs import hookspec


@hookspec
def studio_portal_pages() -> Sequence[Path]:
    """Bring pages for the browser. Kind: collect.

    Called at the first load of the portal. Each folder holds areas: a declaration ``<area>.json`` and the module
    ``<area>.js`` beside it, with whatever it imports or loads. A folder is served as it is, to anybody: keep nothing
    else in it. A route that another area has already, or a declaration that doesn't hold, is left out and logged.

    :return: folders of the plugin's own package; names of files of two folders must differ.
    """
    return ()
