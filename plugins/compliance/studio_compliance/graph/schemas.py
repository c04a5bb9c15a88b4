"""Shapes of the graph's answers on the wire."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import fields, validate

from studio_compliance.schemas import MappingStep
from studio_kernel.http.schemas import Anything, Identifier, Schema, Text
from studio_kernel.storage.graph import KINDS, LABELS, MOST_DEPTH


class NodeShown(Schema):
    """A thing in the graph, with short facts about it."""

    id = fields.String(required=True)
    label = fields.String(required=True, metadata={"enum": list(LABELS)})
    properties = fields.Dict(keys=fields.String(), values=Anything(), required=True)


class EdgeShown(Schema):
    """A relation between two things."""

    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    source = fields.String(required=True)
    target = fields.String(required=True)
    properties = fields.Dict(keys=fields.String(), values=Anything(), required=True)


class AroundQuery(Schema):
    """Around which node, and how far. Frameworks may be named by their own id, tags as ``tag:name``."""

    node = Text(minimum=1, maximum=255, required=True)
    depth = fields.Integer(load_default=1, validate=validate.Range(min=0, max=MOST_DEPTH))


class AroundShown(Schema):
    """A node with what is around it. ``truncated``: there is more than one answer shows; the nearest are here."""

    node = fields.String(required=True)
    depth = fields.Integer(required=True)
    nodes = fields.List(fields.Nested(NodeShown), required=True)
    edges = fields.List(fields.Nested(EdgeShown), required=True)
    truncated = fields.Boolean(required=True)


class ImpactQuery(Schema):
    """Which piece of evidence would be lost."""

    evidence_id = Identifier("ev", required=True)


class ImpactControl(Schema):
    """A control that the evidence serves, or reaches ``by`` a mapping, before and after."""

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    by = fields.String(required=True, metadata={"enum": ["evidence", "mapping"]})
    status_before = fields.String(required=True)
    status_after = fields.String(required=True)


class ImpactProject(Schema):
    """The project's score before and after."""

    project_id = fields.String(required=True)
    name = fields.String(required=True)
    score_before = fields.Integer(required=True)
    score_after = fields.Integer(required=True)


class ImpactFramework(Schema):
    """A framework with ``controls`` that are touched, and the part ``coverage`` within it before and after."""

    framework = fields.String(required=True)
    controls = fields.Integer(required=True)
    coverage_before = fields.Float(required=True)
    coverage_after = fields.Float(required=True)


class ImpactShown(Schema):
    """What losing a piece of evidence would mean. ``counts_now``: it is approved and current."""

    evidence_id = fields.String(required=True)
    title = fields.String(required=True)
    counts_now = fields.Boolean(required=True)
    controls = fields.List(fields.Nested(ImpactControl), required=True)
    projects = fields.List(fields.Nested(ImpactProject), required=True)
    frameworks = fields.List(fields.Nested(ImpactFramework), required=True)


class PathQuery(Schema):
    """Between which two frameworks or controls, by id."""

    class Meta(Schema.Meta):
        include: ClassVar = {"from": Text(minimum=1, maximum=255, required=True)}

    to = Text(minimum=1, maximum=255, required=True)


class PathShown(Schema):
    """A shortest way by mappings. ``relation`` is that of its weakest step, null where there is no step.

    ``counts`` is what evidence at its beginning shows of its end: ``full``, ``partial`` or ``none``.
    """

    class Meta(Schema.Meta):
        include: ClassVar = {"from": fields.String(required=True)}

    to = fields.String(required=True)
    found = fields.Boolean(required=True)
    controls = fields.List(fields.Nested(NodeShown), required=True)
    steps = fields.List(fields.Nested(MappingStep), required=True)
    relation = fields.String(required=True, allow_none=True)
    counts = fields.String(required=True, metadata={"enum": ["full", "partial", "none"]})


class ExpertsQuery(Schema):
    """Which control."""

    control_id = Identifier("ctrl", required=True)


class ExpertShown(Schema):
    """Somebody who had a hand in evidence for the control: in how many pieces, and when for the last time."""

    user_id = fields.String(required=True)
    name = fields.String(required=True)
    uploaded = fields.Integer(required=True)
    reviewed = fields.Integer(required=True)
    last_at = fields.String(required=True)
    projects = fields.List(fields.String(), required=True)


class ExpertsShown(Schema):
    """Who knows about a control, the most active first."""

    control_id = fields.String(required=True)
    experts = fields.List(fields.Nested(ExpertShown), required=True)


class OrphansQuery(Schema):
    """In which project."""

    project_id = Identifier("proj", required=True)


class OrphansShown(Schema):
    """What has nothing to hold on to in a project."""

    project_id = fields.String(required=True)
    evidence_without_control = fields.List(fields.Nested(NodeShown), required=True)
    controls_without_evidence = fields.List(fields.Nested(NodeShown), required=True)
    members_without_evidence = fields.List(fields.Nested(NodeShown), required=True)
