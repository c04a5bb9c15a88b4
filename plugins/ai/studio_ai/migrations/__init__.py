"""The steps of this plugin's tables, oldest first."""

from studio_ai.migrations import m0001_assistant, m0002_refinements
from studio_kernel.storage.migrations import Migration

MIGRATIONS: tuple[Migration, ...] = (m0001_assistant.MIGRATION, m0002_refinements.MIGRATION)
