"""Claims a table that the plugin projects has."""

import peewee

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.models import Table

info = PluginInfo(name="broken-table", version="0.1.0")


class Row(Table):
    """A table of somebody else."""

    id = peewee.CharField(primary_key=True)

    class Meta:
        table_name = "projects"


@hookimpl
def studio_models():
    return [Row]
