"""The hooks of this plugin, for the plugins to its right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from studio_evidence.extraction.extractors import Extractor
    from studio_evidence.quality.facts import Analyser
    from studio_evidence.quality.refinements import RefinementSource
    from studio_kernel.app import Platform


@hookspec
def studio_evidence_extractors(platform: Platform) -> Sequence[Extractor]:
    """Bring extractors, which read the text of files, such as OCR for pictures. Kind: collect.

    Called at the first file that is read. For a media type, an extractor of a plugin goes before the one that the
    platform comes with. An extractor whose name is taken, and those of a plugin that raises here, are left out and
    logged. The reader itself runs in a process of its own, without network, bound in time and memory.

    :param platform: the running platform.
    :return: extractors, each a :class:`studio_evidence.api.Extractor`.
    """
    return ()


@hookspec
def studio_evidence_analysers(platform: Platform) -> Sequence[Analyser]:
    """Bring further analysers of the quality of evidence. Kind: collect.

    Called at the first analysis. Their checks share the weight of their part with those of the rubric. An analyser
    whose name is taken, and those of a plugin that raises here, are left out and logged; one that raises during an
    analysis, or answers with checks that aren't its own, is left out of that analysis and logged.

    :param platform: the running platform.
    :return: analysers, each a :class:`studio_evidence.api.Analyser`.
    """
    return ()


@hookspec
def studio_evidence_refinements(platform: Platform) -> Sequence[RefinementSource]:
    """Show refinements of the score beside it, in ``GET /api/v1/evidence/{id}/quality``. Kind: collect.

    Called at the first time that somebody looks at the quality of evidence. What a source says never changes the
    score. A source whose name is taken, and those of a plugin that raises here, are left out and logged; one that
    raises when it is read is left out of that answer and logged. Who reads it may see the evidence: a source checks
    no rights.

    :param platform: the running platform.
    :return: sources, each a :class:`studio_evidence.api.RefinementSource`.
    """
    return ()
