"""Shapes on the wire."""

from __future__ import annotations

from marshmallow import fields

from studio_kernel.http.schemas import Identifier, Schema, Text, Time


class ChatContext(Schema):
    """What the question is about."""

    project_id = Identifier("proj")
    control_id = Identifier("ctrl")


class ChatRequest(Schema):
    """A question. ``provider`` is an id of the list of providers."""

    message = Text(required=True, minimum=1, maximum=4000, lines=True)
    context = fields.Nested(ChatContext, load_default=dict)
    provider = Text(minimum=1, maximum=40)


class ChatSubject(Schema):
    """What the answer is about; null where the question names none."""

    framework = fields.String(required=True, allow_none=True)
    control = fields.String(required=True, allow_none=True)
    control_title = fields.String(required=True, allow_none=True)


class SuggestedCall(Schema):
    """The request that does what is suggested."""

    method = fields.String(required=True)
    path = fields.String(required=True)
    body = fields.Dict(keys=fields.String(), values=fields.String())


class Suggestion(Schema):
    """Something that works now and may help next."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    request = fields.Nested(SuggestedCall, required=True)


class Citation(Schema):
    """A source of the answer: a framework, a control, a project or a piece of evidence."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)


class ChatAnswer(Schema):
    """An answer and its sources. ``fallback`` tells that another provider was wanted, and why it isn't its answer."""

    message = fields.String(required=True)
    context = fields.Nested(ChatSubject, required=True)
    suggestions = fields.List(fields.Nested(Suggestion), required=True)
    citations = fields.List(fields.Nested(Citation), required=True)
    provider = fields.String(required=True)
    fallback = fields.Boolean(required=True)
    fallback_reason = fields.String(required=True, allow_none=True)


class PolicyRequest(Schema):
    """Which policy, for whom. ``framework`` defaults to that of the control."""

    type = Text(required=True, minimum=1, maximum=80)
    framework = Text(minimum=1, maximum=80)
    control_id = Identifier("ctrl")
    company_name = Text(required=True, minimum=1, maximum=120)
    industry = Text(minimum=1, maximum=80)


class QualityCheck(Schema):
    """One line of the rubric."""

    name = fields.String(required=True)
    points = fields.Integer(required=True)
    of = fields.Integer(required=True)
    found = fields.String(required=True)


class PolicyDraft(Schema):
    """A draft. ``quality_score`` is from 0 to 100, by ``quality``: points reached of the points there are."""

    title = fields.String(required=True)
    content = fields.String(required=True)
    format = fields.String(required=True)
    generated_at = Time(required=True)
    quality_score = fields.Integer(required=True)
    quality = fields.List(fields.Nested(QualityCheck), required=True)
    type = fields.String(required=True)


class ProviderShown(Schema):
    """A provider. ``needs_network``: what is asked of it leaves this machine."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    needs_network = fields.Boolean(required=True)
    default = fields.Boolean(required=True)


class ProviderList(Schema):
    """Every provider of the installed plugins."""

    providers = fields.List(fields.Nested(ProviderShown), required=True)
