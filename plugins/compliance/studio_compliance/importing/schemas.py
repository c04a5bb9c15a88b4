"""Shapes on the wire of imported frameworks."""

from __future__ import annotations

from marshmallow import fields

from studio_compliance.importing.documents import FORMATS
from studio_kernel.http.schemas import Choice, QueryFlag, Schema, Text, Time


class NoFields(Schema):
    """A form with nothing but its file."""


class ImportQuery(Schema):
    """What the definition doesn't say itself. ``catalog`` is the imported framework that a profile selects from."""

    id = Text(maximum=64, minimum=1, metadata={"description": "Id of the framework, for OSCAL and CSV."})
    name = Text(maximum=200, minimum=1, metadata={"description": "Name, for CSV or in place of the given one."})
    version = Text(maximum=200, minimum=1, metadata={"description": "Version, for CSV or in place of the given one."})
    columns = Text(maximum=2000, metadata={"description": "Columns of a CSV file: number:Ref,title:Control name."})
    catalog = Text(maximum=64, metadata={"description": "Id of the imported catalogue that an OSCAL profile is of."})


class UpgradeQuery(Schema):
    """How to read the new version, whether to apply it, and whether to find renumbered controls by their words."""

    name = Text(maximum=200, minimum=1)
    version = Text(maximum=200, minimum=1)
    columns = Text(maximum=2000)
    catalog = Text(maximum=64)
    preview = QueryFlag(load_default=False, metadata={"description": "Only tell what would change."})
    by_likeness = QueryFlag(
        load_default=True, metadata={"description": "Take controls that read alike for renumbered ones."}
    )


class RollbackQuery(Schema):
    """Whether to apply it."""

    preview = QueryFlag(load_default=False, metadata={"description": "Only tell what would change."})


class ExportQuery(Schema):
    """As what."""

    format = Choice("yaml", "json", "oscal", "csv", load_default="yaml")


class ImportedFramework(Schema):
    """A framework that was taken in."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    controls = fields.Integer(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    revision = fields.Integer(required=True)


class ChangeSummary(Schema):
    """How many of each kind there are."""

    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    split = fields.Integer(required=True)
    merged = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class ChangeShown(Schema):
    """One thing that is different; ``before`` and ``after`` are control numbers.

    ``matched_by`` says how a control was found again: ``identity``, ``replaces`` or ``likeness`` (from 0 to 1).
    """

    kind = fields.String(required=True)
    before = fields.List(fields.String(), required=True)
    after = fields.List(fields.String(), required=True)
    title = fields.String(required=True)
    matched_by = fields.String(required=True, allow_none=True)
    fields_changed = fields.List(fields.String(), required=True, data_key="fields")
    likeness = fields.Float(required=True, allow_none=True)


class AffectedProjects(Schema):
    """Projects that follow now, and archived ones that follow when they are taken up again."""

    following = fields.Integer(required=True)
    archived = fields.Integer(required=True)
    names = fields.List(fields.String(), required=True)


class FrameworkUpgrade(Schema):
    """What an upgrade or a rollback changes, or would change when ``applied`` is false."""

    id = fields.String(required=True)
    applied = fields.Boolean(required=True)
    revision = fields.Integer(required=True)
    from_version = fields.String(required=True)
    to_version = fields.String(required=True)
    summary = fields.Nested(ChangeSummary, required=True)
    changes = fields.List(fields.Nested(ChangeShown), required=True)
    projects = fields.Nested(AffectedProjects, required=True)


class FrameworkVersion(Schema):
    """A version as it was imported."""

    revision = fields.Integer(required=True)
    previous = fields.Integer(required=True, allow_none=True)
    version = fields.String(required=True)
    format = fields.String(required=True)
    controls = fields.Integer(required=True)
    imported_by = fields.String(required=True)
    imported_at = Time(required=True)
    current = fields.Boolean(required=True)


class FrameworkVersions(Schema):
    """Versions, the newest first."""

    versions = fields.List(fields.Nested(FrameworkVersion), required=True)
