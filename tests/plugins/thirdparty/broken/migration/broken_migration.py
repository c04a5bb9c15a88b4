"""Has a migration that fails half-way."""

from studio_kernel.hookspecs import hookimpl
from studio_kernel.plugins import PluginInfo
from studio_kernel.storage.migrations import Migration
from studio_kernel.storage.sql import Statement

info = PluginInfo(name="broken-migration", version="0.1.0")


def _half(database):
    database.execute(Statement("CREATE TABLE broken_half (id INTEGER)"))
    raise RuntimeError("the migration went wrong")


@hookimpl
def studio_migrations():
    return [Migration("0001_half", _half)]
