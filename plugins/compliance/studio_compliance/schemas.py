"""Shapes on the wire."""

from __future__ import annotations

from marshmallow import fields

from studio_compliance.gaps import SEVERITIES
from studio_kernel.frameworks import PRIORITIES
from studio_kernel.http.schemas import Choice, Identifier, QueryFlag, Schema, Time

PERIODS = {"7d": 7, "30d": 30, "90d": 90}


class CategoryShown(Schema):
    """A group of controls."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)


class ControlShown(Schema):
    """A control in the list of frameworks."""

    id = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    category = fields.String(required=True)


class FrameworkShown(Schema):
    """A framework with its controls."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    version = fields.String(required=True)
    publisher = fields.String(required=True)
    categories = fields.List(fields.Nested(CategoryShown), required=True)
    controls = fields.List(fields.Nested(ControlShown), required=True)


class FrameworkList(Schema):
    """Every framework of the installed plugins."""

    frameworks = fields.List(fields.Nested(FrameworkShown), required=True)


class ExpectedEvidenceShown(Schema):
    """One thing that shows a control to work."""

    title = fields.String(required=True)
    description = fields.String(required=True)


class ControlDetail(ControlShown):
    """A control in full. ``renewal_days`` is how long its evidence stays current."""

    description = fields.String(required=True)
    priority = fields.String(required=True, metadata={"enum": list(PRIORITIES)})
    renewal_days = fields.Integer(required=True)
    expected_evidence = fields.List(fields.Nested(ExpectedEvidenceShown), required=True)
    references = fields.List(fields.String(), required=True)


class FrameworkDetail(FrameworkShown):
    """A framework with its controls in full."""

    controls = fields.List(fields.Nested(ControlDetail), required=True)


class ScoreQuery(Schema):
    """Which project, and whether to tell how its score came about."""

    project_id = Identifier("proj", required=True)
    explain = QueryFlag(load_default=False, metadata={"description": "Tell the parts, weights and inputs."})


class Coverage(Schema):
    """Controls of the project by state; ``total`` leaves out those that don't apply."""

    total = fields.Integer(required=True)
    complete = fields.Integer(required=True)
    in_progress = fields.Integer(required=True)
    not_started = fields.Integer(required=True)
    not_applicable = fields.Integer(required=True)


class EvidenceQualityShown(Schema):
    """Current, approved evidence by quality: high from 90, good from 70."""

    total = fields.Integer(required=True)
    high_quality = fields.Integer(required=True)
    good_quality = fields.Integer(required=True)
    needs_improvement = fields.Integer(required=True)


class PartShown(Schema):
    """One part of the score: value from 0 to 100, share in the score, what it adds, and what it was made from."""

    name = fields.String(required=True)
    value = fields.Float(required=True)
    weight = fields.Float(required=True)
    contribution = fields.Float(required=True)
    inputs = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class Explanation(Schema):
    """How the overall score came about. ``started`` False is a score of 0 whatever the parts say."""

    started = fields.Boolean(required=True)
    parts = fields.List(fields.Nested(PartShown), required=True)


class ScoreShown(Schema):
    """The score of a project. ``framework_scores`` are by category of its primary framework."""

    project_id = fields.String(required=True)
    overall_score = fields.Integer(required=True)
    framework_scores = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    control_coverage = fields.Nested(Coverage, required=True)
    evidence_quality = fields.Nested(EvidenceQualityShown, required=True)
    last_updated = Time(required=True)
    explanation = fields.Nested(Explanation)


class GapQuery(Schema):
    """Which project, and optionally only gaps of one severity."""

    project_id = Identifier("proj", required=True)
    severity = Choice(*SEVERITIES)


class GapShown(Schema):
    """An applicable control that isn't complete, and the titles of expected evidence that nothing covers."""

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    category = fields.String(required=True)
    priority = fields.String(required=True)
    status = fields.String(required=True)
    severity = fields.String(required=True)
    missing = fields.List(fields.String(), required=True)


class GapSummary(Schema):
    """How many gaps there are of each severity, whatever was asked for."""

    total = fields.Integer(required=True)
    critical = fields.Integer(required=True)
    moderate = fields.Integer(required=True)
    minor = fields.Integer(required=True)


class GapList(Schema):
    """All gaps of a project, the most severe first."""

    project_id = fields.String(required=True)
    gaps = fields.List(fields.Nested(GapShown), required=True)
    summary = fields.Nested(GapSummary, required=True)


class TrendQuery(Schema):
    """Which project, and how far back."""

    project_id = Identifier("proj", required=True)
    period = Choice(*PERIODS, load_default="30d")


class TrendPoint(Schema):
    """The last score of a day; the parts run from 0 to 100."""

    date = fields.String(required=True)
    overall_score = fields.Integer(required=True)
    coverage = fields.Float(required=True)
    evidence_quality = fields.Float(required=True)
    risk = fields.Float(required=True)
    timeliness = fields.Float(required=True)


class TrendShown(Schema):
    """Scores by day, oldest first. ``change`` is last minus first; days without a recorded score are left out."""

    project_id = fields.String(required=True)
    period = fields.String(required=True)
    points = fields.List(fields.Nested(TrendPoint), required=True)
    change = fields.Integer(required=True)
