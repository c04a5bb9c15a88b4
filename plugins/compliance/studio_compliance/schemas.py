"""Shapes on the wire."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import fields

from studio_compliance.changes import KINDS
from studio_compliance.gaps import SEVERITIES
from studio_kernel.frameworks import PRIORITIES
from studio_kernel.http.schemas import Choice, Identifier, QueryFlag, Schema, Text, Time
from studio_kernel.mappings import RELATIONS

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
    """All evidence by quality: high from 90, good from 70."""

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


class ControlNamed(Schema):
    """A control by id, framework and number."""

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)


class ChangeShown(Schema):
    """Something that would raise the score. ``id`` is of the control, piece of evidence or milestone it is about.

    ``score_after`` and ``gain`` (not rounded to whole points) come from computing the score anew with the change;
    ``assumed_quality`` is what the evidence is taken to score then. ``also_moves`` are further controls that get
    another status by it, most of them by a mapping.
    """

    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    id = fields.String(required=True)
    title = fields.String(required=True)
    control = fields.Nested(ControlNamed, required=True, allow_none=True)
    assumed_quality = fields.Integer(required=True, allow_none=True)
    score_after = fields.Integer(required=True)
    gain = fields.Float(required=True)
    also_moves = fields.List(fields.Nested(ControlNamed), required=True)


class ScoreExplanation(Schema):
    """How a score came about. ``started`` False is a score of 0 whatever the parts say.

    ``exact_score`` is the sum of the contributions before the one rounding.
    """

    started = fields.Boolean(required=True)
    exact_score = fields.Float(required=True)
    parts = fields.List(fields.Nested(PartShown), required=True)


class Explanation(ScoreExplanation):
    """The same with the weights that are set, and the five changes that would raise the score most."""

    priority_weights = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    severity_points = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    changes = fields.List(fields.Nested(ChangeShown), required=True)


class CoverageShown(Schema):
    """How much of the project a score stands on. ``value`` is the part ``coverage``, from 0 to 100.

    ``controls_with_evidence`` have current, approved evidence, their own or that of a control mapped to them in full.
    """

    value = fields.Float(required=True)
    controls_with_evidence = fields.Integer(required=True)
    applicable_controls = fields.Integer(required=True)


class FreshnessShown(Schema):
    """How much of the approved evidence is current; ``value`` in percent, 0 without any, the others in pieces."""

    value = fields.Float(required=True)
    current = fields.Integer(required=True)
    expired = fields.Integer(required=True)
    expiring_in_30_days = fields.Integer(required=True)


class MappedFromShown(ControlNamed):
    """A control whose evidence counts for another, by the ids on the ``path``; ``counts``: ``full`` or ``partial``."""

    relation = fields.String(required=True, metadata={"enum": list(RELATIONS)})
    counts = fields.String(required=True, metadata={"enum": ["full", "partial"]})
    path = fields.List(fields.String(), required=True)


class ScoreShown(Schema):
    """The score of a project. ``framework_scores`` are by category of its primary framework."""

    project_id = fields.String(required=True)
    overall_score = fields.Integer(required=True)
    band = fields.String(required=True)
    framework_scores = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    control_coverage = fields.Nested(Coverage, required=True)
    evidence_quality = fields.Nested(EvidenceQualityShown, required=True)
    coverage = fields.Nested(CoverageShown, required=True)
    freshness = fields.Nested(FreshnessShown, required=True)
    last_updated = Time(required=True)
    explanation = fields.Nested(Explanation)


class GapQuery(Schema):
    """Which project, and optionally only gaps of one severity."""

    project_id = Identifier("proj", required=True)
    severity = Choice(*SEVERITIES)


class GapShown(Schema):
    """An applicable control that isn't complete, and the titles of expected evidence that nothing covers.

    ``via`` are controls whose evidence counts for it by a mapping, and wasn't enough.
    """

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    category = fields.String(required=True)
    priority = fields.String(required=True)
    status = fields.String(required=True)
    severity = fields.String(required=True)
    missing = fields.List(fields.String(), required=True)
    via = fields.List(fields.Nested(MappedFromShown), required=True)


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
    """The last score of a day; the parts and ``freshness`` run from 0 to 100."""

    date = fields.String(required=True)
    overall_score = fields.Integer(required=True)
    band = fields.String(required=True)
    freshness = fields.Float(required=True)
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


class ProjectionQuery(Schema):
    """Which project, and the framework that its evidence is applied to."""

    project_id = Identifier("proj", required=True)
    framework = Text(minimum=1, required=True)


class ProjectedControl(Schema):
    """A control of the other framework. ``in_project``: the project has it itself, and its status is the one there."""

    control_id = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    category = fields.String(required=True)
    priority = fields.String(required=True)
    status = fields.String(required=True)
    in_project = fields.Boolean(required=True)
    via = fields.List(fields.Nested(MappedFromShown), required=True)


class ProjectionShown(Schema):
    """What a project would score in another framework with the evidence that it has. Nothing there has a due date."""

    project_id = fields.String(required=True)
    framework = fields.String(required=True)
    projected_score = fields.Integer(required=True)
    band = fields.String(required=True)
    control_coverage = fields.Nested(Coverage, required=True)
    coverage = fields.Nested(CoverageShown, required=True)
    explanation = fields.Nested(ScoreExplanation, required=True)
    controls = fields.List(fields.Nested(ProjectedControl), required=True)


class MappingQuery(Schema):
    """From which framework to which; either may be left out. ``transitive`` adds ways of several steps."""

    class Meta(Schema.Meta):
        include: ClassVar = {"from": Text(minimum=1, metadata={"description": "Framework id."})}

    to = Text(minimum=1, metadata={"description": "Framework id."})
    control_id = Identifier("ctrl", metadata={"description": "Only mappings that begin or end at this control."})
    transitive = QueryFlag(load_default=False, metadata={"description": "Also ways of several steps."})


class MappingStep(Schema):
    """One step of a way, read in its direction."""

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    relation = fields.String(required=True, metadata={"enum": list(RELATIONS)})
    rationale = fields.String(required=True)
    source = fields.String(required=True)


class MappingEnd(ControlNamed):
    """One end of a mapping; ``title`` is empty where its framework isn't installed."""

    title = fields.String(required=True)


class MappingShown(Schema):
    """That one control answers to another. ``relation`` is that of the weakest step.

    ``counts`` is how much evidence for the first shows of the second. ``path`` are the steps, each with the control
    that it leads to.
    """

    class Meta(Schema.Meta):
        include: ClassVar = {"from": fields.Nested(MappingEnd, required=True)}

    to = fields.Nested(MappingEnd, required=True)
    relation = fields.String(required=True, metadata={"enum": list(RELATIONS)})
    counts = fields.String(required=True, metadata={"enum": ["full", "partial"]})
    path = fields.List(fields.Nested(MappingStep), required=True)


class MappingList(Schema):
    """Mappings, in the order of the controls where they begin."""

    mappings = fields.List(fields.Nested(MappingShown), required=True)
    total = fields.Integer(required=True)
