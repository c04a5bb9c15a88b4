"""The plugin's tables."""

from __future__ import annotations

import peewee

from studio_kernel.storage.models import DigestField, JSONField, Table, TimeField


class EvidenceRow(Table):
    """A piece of evidence with its current version's file.

    PERF: ``tags`` and ``control_ids`` are JSON in the order given, so that lists need no second read; the tables
    ``evidence_tags`` and ``evidence_controls`` hold the same for filters and counts, written together with it.
    ``expired`` says that the end of its time was announced. ``kind`` is that of the current version: ``file``,
    ``link`` (with ``url``) or ``note``; links and notes have a small file too, so that every version has bytes and
    a hash. ``searchable`` is whether the index of search has it as a whole.
    """

    id = peewee.CharField(max_length=80, primary_key=True)
    project_id = peewee.CharField(max_length=80)
    title = peewee.CharField(max_length=200)
    description = peewee.TextField()
    control_id = peewee.CharField(max_length=80, null=True)
    control_ids = JSONField()
    tags = JSONField()
    status = peewee.CharField(max_length=12)
    quality_score = peewee.IntegerField()
    quality_source = peewee.CharField(max_length=12)
    version = peewee.IntegerField()
    file_name = peewee.CharField(max_length=200)
    file_size = peewee.BigIntegerField()
    content_type = peewee.CharField(max_length=100)
    sha256 = DigestField()
    uploaded_by = peewee.CharField(max_length=80)
    uploaded_at = TimeField()
    updated_at = TimeField()
    approved_at = TimeField(null=True)
    expires_at = TimeField(null=True)
    expired = peewee.BooleanField()
    period_start = TimeField(null=True)
    period_end = TimeField(null=True)
    valid_until = TimeField(null=True)
    kind = peewee.CharField(max_length=8)
    url = peewee.TextField(null=True)
    searchable = peewee.BooleanField()

    class Meta:
        table_name = "evidence"
        id_prefix = "ev"


class VersionRow(Table):
    """One file of a piece of evidence, with the dates that it speaks of; ``number`` counts from 1."""

    id = peewee.CharField(max_length=80, primary_key=True)
    evidence_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80, index=True)
    number = peewee.IntegerField()
    file_name = peewee.CharField(max_length=200)
    file_size = peewee.BigIntegerField()
    content_type = peewee.CharField(max_length=100)
    sha256 = DigestField(index=True)
    uploaded_by = peewee.CharField(max_length=80)
    uploaded_at = TimeField()
    kind = peewee.CharField(max_length=8)
    url = peewee.TextField(null=True)
    comment = peewee.TextField()
    period_start = TimeField(null=True)
    period_end = TimeField(null=True)
    valid_until = TimeField(null=True)

    class Meta:
        table_name = "evidence_versions"
        id_prefix = "evv"
        indexes = ((("evidence_id", "number"), True),)


class ControlLinkRow(Table):
    """That a piece of evidence serves a control of its project."""

    evidence_id = peewee.CharField(max_length=80)
    control_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80)
    linked_by = peewee.CharField(max_length=80)
    linked_at = TimeField()

    class Meta:
        table_name = "evidence_controls"
        primary_key = peewee.CompositeKey("evidence_id", "control_id")
        indexes = ((("project_id", "control_id", "evidence_id"), False),)


class TagRow(Table):
    """A tag of a piece of evidence."""

    evidence_id = peewee.CharField(max_length=80)
    tag = peewee.CharField(max_length=50)

    class Meta:
        table_name = "evidence_tags"
        primary_key = peewee.CompositeKey("evidence_id", "tag")
        indexes = ((("tag", "evidence_id"), False),)


class ReviewRow(Table):
    """A reviewer's decision on one version."""

    id = peewee.CharField(max_length=80, primary_key=True)
    evidence_id = peewee.CharField(max_length=80)
    project_id = peewee.CharField(max_length=80, index=True)
    version = peewee.IntegerField()
    reviewer_id = peewee.CharField(max_length=80)
    decision = peewee.CharField(max_length=20)
    score = peewee.IntegerField(null=True)
    comment = peewee.TextField()
    created_at = TimeField()

    class Meta:
        table_name = "evidence_reviews"
        id_prefix = "rev"
        indexes = ((("evidence_id", "created_at", "id"), False),)


class TextRow(Table):
    """The text of a version: made with it as ``pending``, filled in the background, gone with it.

    A note has its text from the beginning. ``passages`` is a list of ``start``, ``end`` (in characters of ``text``),
    ``kind`` and ``label`` of a place in the file. ``outcome`` is how reading ended, in a word; ``error`` why there is
    no text, in plain words.
    """

    version_id = peewee.CharField(max_length=80, primary_key=True)
    evidence_id = peewee.CharField(max_length=80, index=True)
    project_id = peewee.CharField(max_length=80, index=True)
    state = peewee.CharField(max_length=12)
    outcome = peewee.CharField(max_length=12)
    text = peewee.TextField()
    passages = JSONField()
    truncated = peewee.BooleanField()
    extractor = peewee.CharField(max_length=80)
    error = peewee.TextField()
    extracted_at = TimeField(null=True)

    class Meta:
        table_name = "evidence_texts"


class AnalysisRow(Table):
    """What the analysis of quality said of one version, the last time; ``checks`` are in the order of the rubric."""

    evidence_id = peewee.CharField(max_length=80)
    version = peewee.IntegerField()
    project_id = peewee.CharField(max_length=80, index=True)
    score = peewee.IntegerField()
    checks = JSONField()
    text_state = peewee.CharField(max_length=16)
    analyzed_at = TimeField()

    class Meta:
        table_name = "evidence_analyses"
        primary_key = peewee.CompositeKey("evidence_id", "version")


TABLES: tuple[type[Table], ...] = (
    EvidenceRow,
    VersionRow,
    ControlLinkRow,
    TagRow,
    ReviewRow,
    TextRow,
    AnalysisRow,
)
