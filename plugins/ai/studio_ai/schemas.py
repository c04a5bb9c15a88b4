"""Shapes on the wire."""

from __future__ import annotations

from marshmallow import fields

from studio_ai.documents import FORMATS, KEPT_FORMATS
from studio_kernel.http.schemas import Choice, Identifier, Schema, Text, Time, Whole


class ChatContext(Schema):
    """What the question is about."""

    project_id = Identifier("proj")
    control_id = Identifier("ctrl")


class ChatRequest(Schema):
    """A question. ``provider`` is an id of the list of providers; ``conversation_id`` goes on with a conversation."""

    message = Text(required=True, minimum=1, maximum=4000, lines=True)
    context = fields.Nested(ChatContext, load_default=dict)
    conversation_id = Identifier("conv")
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
    """A source of the answer: a framework, a control, a project, a piece of evidence, or a passage of one.

    ``quote`` is the text of a passage.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    evidence_id = fields.String(required=True, allow_none=True)
    quote = fields.String(required=True, allow_none=True)


class ToolUsed(Schema):
    """A tool that a model called for the answer."""

    name = fields.String(required=True)
    failed = fields.Boolean(required=True)


class ChatAnswer(Schema):
    """An answer and its sources. ``fallback`` tells that another provider was wanted, and why it isn't its answer."""

    message = fields.String(required=True)
    context = fields.Nested(ChatSubject, required=True)
    suggestions = fields.List(fields.Nested(Suggestion), required=True)
    citations = fields.List(fields.Nested(Citation), required=True)
    provider = fields.String(required=True)
    fallback = fields.Boolean(required=True)
    fallback_reason = fields.String(required=True, allow_none=True)
    tools = fields.List(fields.Nested(ToolUsed), required=True)
    conversation_id = fields.String(required=True)
    message_id = fields.String(required=True)


class PolicyRequest(Schema):
    """Which policy, for whom. ``framework`` defaults to that of the control; ``provider`` may word it better."""

    type = Text(required=True, minimum=1, maximum=80)
    framework = Text(minimum=1, maximum=80)
    control_id = Identifier("ctrl")
    company_name = Text(required=True, minimum=1, maximum=120)
    industry = Text(minimum=1, maximum=80)
    provider = Text(minimum=1, maximum=40)


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
    provider = fields.String(required=True)
    fallback = fields.Boolean(required=True)
    fallback_reason = fields.String(required=True, allow_none=True)


class PolicyKind(Schema):
    """A policy that can be drafted, and titles of expected evidence that it is made for."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    serves = fields.List(fields.String(), required=True)


class PolicyKinds(Schema):
    """Every template."""

    policies = fields.List(fields.Nested(PolicyKind), required=True)


class PolicyExport(Schema):
    """A policy as a document."""

    title = Text(required=True, minimum=1, maximum=200)
    content = Text(required=True, minimum=1, maximum=200_000, lines=True)
    format = Choice(*FORMATS, load_default="docx")


class PolicySave(PolicyExport):
    """A policy that becomes evidence of a project."""

    format = Choice(*KEPT_FORMATS, load_default="docx")
    project_id = Identifier("proj", required=True)
    control_id = Identifier("ctrl")


class SavedEvidence(Schema):
    """The evidence that was made; ``GET /api/v1/evidence/{id}`` shows all of it."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    project_id = fields.String(required=True)
    file_name = fields.String(required=True)
    sha256 = fields.String(required=True)


class Proposal(Schema):
    """A draft that waits for a person, or what became of it."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    control_id = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    quality_score = fields.Integer(required=True)
    state = Choice("proposed", "confirmed", "discarded", required=True)
    proposed_by = fields.String(required=True)
    proposed_at = Time(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Time(required=True, allow_none=True)
    evidence_id = fields.String(required=True, allow_none=True)


class ProposalShown(Proposal):
    """A proposal with its text in Markdown."""

    content = fields.String(required=True)


class Confirmation(Schema):
    """In which form the draft becomes evidence."""

    format = Choice(*KEPT_FORMATS, load_default="docx")


class SearchRequest(Schema):
    """What to look for, in which project, and in which of its evidence."""

    project_id = Identifier("proj", required=True)
    query = Text(required=True, minimum=1, maximum=1000, lines=True)
    evidence_id = Identifier("ev")
    limit = Whole(minimum=1, maximum=50, load_default=10)


class PassageShown(Schema):
    """A passage: ``start`` and ``end`` are offsets, in characters, in the text of that version of the evidence.

    ``matched_by`` tells which ways of searching found it; ``score`` compares passages of one answer.
    """

    id = fields.String(required=True)
    evidence_id = fields.String(required=True)
    title = fields.String(required=True)
    version = fields.Integer(required=True)
    heading = fields.String(required=True)
    place = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = fields.String(required=True)
    score = fields.Float(required=True)
    matched_by = fields.List(fields.String(), required=True)


class SearchAnswer(Schema):
    """What was found, the best first. ``ways`` are how this install can search: by words, by meaning."""

    project_id = fields.String(required=True)
    results = fields.List(fields.Nested(PassageShown), required=True)
    ways = fields.List(fields.String(), required=True)


class CitedPassage(Schema):
    """A passage that a judgement rests on."""

    id = fields.String(required=True)
    evidence_id = fields.String(required=True)
    title = fields.String(required=True)
    heading = fields.String(required=True)
    quote = fields.String(required=True)
    score = fields.Float(required=True)


class Expectation(Schema):
    """Something that a control expects, whether the evidence shows it, and where."""

    control_id = fields.String(required=True)
    control = fields.String(required=True)
    expected = fields.String(required=True)
    shown = fields.Boolean(required=True)
    reason = fields.String(required=True)
    passages = fields.List(fields.Nested(CitedPassage), required=True)


class AnalysisRequest(Schema):
    """Which provider judges; the configured one without it."""

    provider = Text(minimum=1, maximum=40)


class EvidenceAnalysis(Schema):
    """Evidence held against its controls. ``score`` is ``base_score``, which counts, ``moved`` by what was found.

    Both are null while the rubric hasn't judged the evidence. With ``kept``, the quality of the evidence shows it.
    """

    evidence_id = fields.String(required=True)
    project_id = fields.String(required=True)
    version = fields.Integer(required=True)
    base_score = fields.Integer(required=True, allow_none=True)
    score = fields.Integer(required=True, allow_none=True)
    moved = fields.Integer(required=True)
    summary = fields.String(required=True)
    expectations = fields.List(fields.Nested(Expectation), required=True)
    provider = fields.String(required=True)
    model = fields.String(required=True)
    kept = fields.Boolean(required=True)
    fallback = fields.Boolean(required=True)
    fallback_reason = fields.String(required=True, allow_none=True)


class GapRequest(Schema):
    """Which project, and how many of its gaps, the most severe first."""

    project_id = Identifier("proj", required=True)
    limit = Whole(minimum=1, maximum=20, load_default=10)


class GapAnalysed(Schema):
    """A gap, passages at hand that may close it, and the calls that do what is suggested."""

    control_id = fields.String(required=True)
    framework = fields.String(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    severity = fields.String(required=True)
    status = fields.String(required=True)
    missing = fields.List(fields.String(), required=True)
    candidates = fields.List(fields.Nested(CitedPassage), required=True)
    next_step = fields.String(required=True)
    suggestions = fields.List(fields.Nested(Suggestion), required=True)


class GapAnalysis(Schema):
    """The most severe gaps; ``total`` counts all."""

    project_id = fields.String(required=True)
    total = fields.Integer(required=True)
    gaps = fields.List(fields.Nested(GapAnalysed), required=True)


class ConversationView(Schema):
    """A conversation of the caller. ``messages`` counts questions and answers."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    project_id = fields.String(required=True, allow_none=True)
    messages = fields.Integer(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class ConversationMessage(Schema):
    """A question or an answer; an answer also has what was shown with it."""

    id = fields.String(required=True)
    role = Choice("user", "assistant", required=True)
    message = fields.String(required=True)
    created_at = Time(required=True)
    citations = fields.List(fields.Nested(Citation))
    provider = fields.String()
    fallback = fields.Boolean()
    fallback_reason = fields.String(allow_none=True)
    controls = fields.List(fields.String())


class ConversationShown(ConversationView):
    """A conversation with its last 200 messages, the oldest first."""

    history = fields.List(fields.Nested(ConversationMessage), required=True)


class ProviderUse(Schema):
    """What a provider was used for; ``cost`` in the currency of its prices."""

    provider = fields.String(required=True)
    calls = fields.Integer(required=True)
    input_tokens = fields.Integer(required=True)
    output_tokens = fields.Integer(required=True)
    cost = fields.Float(required=True)


class UsageShown(Schema):
    """The caller's use of today (UTC) and its limits, 0 for none."""

    day = fields.String(required=True)
    providers = fields.List(fields.Nested(ProviderUse), required=True)
    daily_tokens = fields.Integer(required=True)
    daily_cost = fields.Float(required=True)


class ProviderShown(Schema):
    """A provider. ``needs_network``: what is asked of it leaves this machine."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    needs_network = fields.Boolean(required=True)
    default = fields.Boolean(required=True)


class ProviderList(Schema):
    """Every provider of the installed plugins."""

    providers = fields.List(fields.Nested(ProviderShown), required=True)
