"""Settings of the plugin: the table ``[evidence]`` and ``STUDIO_EVIDENCE_…``."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from studio_kernel.settings import Section


class EvidenceSettings(Section):
    """What evidence may be, and how long it counts."""

    section: ClassVar[str] = "evidence"

    max_file_mb: int = Field(100, ge=1, le=10_240, description="Largest file, in MiB.")
    max_unpacked_mb: int = Field(
        2048, ge=1, le=102_400, description="Most that a ZIP or Office file may unpack to, in MiB."
    )
    max_archive_files: int = Field(10_000, ge=1, le=60_000, description="Most files that a ZIP may hold.")
    separation_of_duties: bool = Field(True, description="Whether nobody may review evidence that they uploaded.")
    expires: bool = Field(True, description="Whether approved evidence expires.")
    default_renewal_days: int = Field(
        365, ge=1, le=3650, description="Days until approved evidence expires that serves no known control."
    )
    reading_seconds: int = Field(30, ge=1, le=3600, description="CPU seconds that reading the text of a file may take.")
    reading_wait_seconds: int = Field(
        240,
        ge=1,
        le=86_400,
        description="Seconds on the clock after which a reader of a file is given up that waits or gets no CPU.",
    )
    reading_memory_mb: int = Field(
        1024, ge=128, le=65_536, description="Memory that reading the text of a file may take, in MiB."
    )

    @property
    def max_file_bytes(self) -> int:
        """Largest file, in bytes."""
        return self.max_file_mb * 1024 * 1024
