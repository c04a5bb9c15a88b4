"""Evidence on the wire."""

from __future__ import annotations

from urllib.parse import urlsplit

import marshmallow
from marshmallow import fields, validate

from studio_kernel.http.schemas import Choice, Identifier, Schema, Text, Time, Whole

_MOST_AT_ONCE = 200
_TAGS = validate.Length(max=50)


def _tags() -> fields.List[str]:
    return fields.List(Text(minimum=1, maximum=50), validate=_TAGS, load_default=list)


class EvidenceUpload(Schema):
    """The fields beside the file. ``control_id`` may be left out: evidence can be linked to controls later."""

    title = Text(required=True, minimum=1)
    description = Text(maximum=10_000, lines=True, load_default="")
    project_id = Identifier("proj", required=True)
    control_id = Identifier("ctrl", load_default=None)
    tags = _tags()
    period_start = Time(load_default=None)
    period_end = Time(load_default=None)
    valid_until = Time(load_default=None)


def _web_address(address: str) -> None:
    """APPSEC: an address is shown to people who may click on it: the web only, and no password in it."""
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or " " in address or "\\" in address:
        raise marshmallow.ValidationError("Must be a web address that begins with https:// or http://.")
    if "@" in parts.netloc:
        raise marshmallow.ValidationError("Must not contain a user name or a password.")


def _url() -> Text:
    return Text(required=True, minimum=1, maximum=2000, validate=_web_address, metadata={"format": "uri"})


def _note() -> Text:
    return Text(required=True, minimum=1, maximum=100_000, lines=True)


class LinkInput(EvidenceUpload):
    """Evidence that lies elsewhere: ``url`` is kept, and nothing is fetched from there."""

    url = _url()


class NoteInput(EvidenceUpload):
    """Evidence in words: what somebody saw or did. ``text`` is Markdown."""

    text = _note()


class EvidenceReplacement(Schema):
    """What people may set. With PUT, what isn't given goes back to empty; with PATCH it stays.

    ``status`` ``in_review`` submits for review, ``pending`` withdraws; other states follow from reviews.
    """

    title = Text(required=True, minimum=1)
    description = Text(maximum=10_000, lines=True, load_default="")
    tags = _tags()
    period_start = Time(load_default=None, allow_none=True)
    period_end = Time(load_default=None, allow_none=True)
    valid_until = Time(load_default=None, allow_none=True)
    status = Choice("pending", "in_review")


class EvidenceView(Schema):
    """A piece of evidence. File fields are those of the current ``version``; ``control_id`` is its first control.

    ``kind`` is that of the current version; ``url`` is set for a link alone.

    ``uploaded_by`` and ``uploaded_at`` tell of the first version. ``is_current``: approved, and its time isn't over.
    """

    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    file_name = fields.String(required=True)
    file_size = fields.Integer(required=True)
    content_type = fields.String(required=True)
    control_id = fields.String(required=True, allow_none=True)
    project_id = fields.String(required=True)
    uploaded_by = fields.String(required=True)
    uploaded_at = Time(required=True)
    quality_score = fields.Integer(required=True)
    status = Choice("pending", "in_review", "approved", "rejected", required=True)
    tags = fields.List(fields.String(), required=True)
    control_ids = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    updated_at = Time(required=True)
    approved_at = Time(required=True, allow_none=True)
    expires_at = Time(required=True, allow_none=True)
    is_current = fields.Boolean(required=True)
    period_start = Time(required=True, allow_none=True)
    period_end = Time(required=True, allow_none=True)
    valid_until = Time(required=True, allow_none=True)
    kind = Choice("file", "link", "note", required=True)
    url = fields.String(required=True, allow_none=True)


class SnippetPart(Schema):
    """A piece of a snippet; ``match`` tells the words that were looked for."""

    text = fields.String(required=True)
    match = fields.Boolean(required=True)


class SearchMatch(Schema):
    """A place where words were found.

    ``place`` says where in the file a ``text`` lies, such as ``page 3``; ``page`` is the number of that page.
    """

    field = Choice("title", "description", "tags", "url", "file_name", "text", required=True)
    place = fields.String(required=True)
    page = fields.Integer(required=True, allow_none=True)
    snippet = fields.List(fields.Nested(SnippetPart), required=True)


class FoundEvidence(EvidenceView):
    """A piece that was found, and where its words are: the best place first."""

    matches = fields.List(fields.Nested(SearchMatch), required=True)


class FileQuery(Schema):
    """``version`` is the number of a version; the current one without it."""

    version = fields.Integer(validate=validate.Range(min=1, max=2**31 - 1), load_default=None)


class VersionUpload(Schema):
    """What goes with a new version: why there is one, and the dates that it speaks of. Dates not given stay."""

    comment = Text(maximum=2000, lines=True, load_default="")
    period_start = Time(allow_none=True)
    period_end = Time(allow_none=True)
    valid_until = Time(allow_none=True)


class LinkVersionInput(VersionUpload):
    """A new version that is an address."""

    url = _url()


class NoteVersionInput(VersionUpload):
    """A new version in words."""

    text = _note()


class VersionView(Schema):
    """One file of a piece of evidence."""

    id = fields.String(required=True)
    evidence_id = fields.String(required=True)
    version = fields.Integer(required=True)
    file_name = fields.String(required=True)
    file_size = fields.Integer(required=True)
    content_type = fields.String(required=True)
    sha256 = fields.String(required=True)
    uploaded_by = fields.String(required=True)
    uploaded_at = Time(required=True)
    kind = Choice("file", "link", "note", required=True)
    url = fields.String(required=True, allow_none=True)
    comment = fields.String(required=True)
    period_start = Time(required=True, allow_none=True)
    period_end = Time(required=True, allow_none=True)
    valid_until = Time(required=True, allow_none=True)


class ListedVersion(VersionView):
    """A version with the name of whoever uploaded it, also of one who left; empty for an application by itself."""

    uploaded_by_name = fields.String(required=True)


class AddedVersion(VersionView):
    """A new version, and the state of the evidence with it."""

    status = fields.String(required=True)


class ReviewRequest(Schema):
    """A judgement. ``score`` is from 0 to 100; ``version`` refuses the review when it isn't the current one."""

    decision = Choice("approve", "reject", "request_changes", required=True)
    score = Whole(minimum=0, maximum=100, load_default=None, allow_none=True)
    comment = Text(maximum=10_000, lines=True, load_default="")
    version = Whole(minimum=1, maximum=2**31 - 1, load_default=None, allow_none=True)


class ReviewView(Schema):
    """A judgement on one version."""

    id = fields.String(required=True)
    evidence_id = fields.String(required=True)
    version = fields.Integer(required=True)
    reviewer_id = fields.String(required=True)
    decision = Choice("approve", "reject", "request_changes", required=True)
    score = fields.Integer(required=True, allow_none=True)
    comment = fields.String(required=True)
    created_at = Time(required=True)


class ListedReview(ReviewView):
    """A judgement with the reviewer's name, also of one who left; empty for an application by itself."""

    reviewer_name = fields.String(required=True)


class AddedReview(ReviewView):
    """A new judgement, and the state of the evidence that follows from it."""

    status = fields.String(required=True)
    expires_at = Time(required=True, allow_none=True)


def _pieces() -> fields.List[str]:
    many = validate.Length(min=1, max=_MOST_AT_ONCE)
    return fields.List(Identifier("ev", required=True), required=True, validate=many)


def _controls() -> fields.List[str]:
    return fields.List(Identifier("ctrl"), load_default=list, validate=validate.Length(max=_MOST_AT_ONCE))


class BulkTags(Schema):
    """Tags to ``add`` to and ``remove`` from many pieces; each piece is changed or refused by itself."""

    evidence_ids = _pieces()
    add = _tags()
    remove = _tags()


class BulkLinks(Schema):
    """Controls that many pieces serve from now on (``link``) or no longer (``unlink``).

    Each piece is changed or refused by itself, as a whole.
    """

    evidence_ids = _pieces()
    link = _controls()
    unlink = _controls()


class ItemRefusal(Schema):
    """Why one item was refused, in the words of the error envelope."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    details = fields.Dict(required=True)


class BulkResult(Schema):
    """What became of one piece: as it is now, or why it was refused. ``changed``: whether anything moved."""

    id = fields.String(required=True)
    ok = fields.Boolean(required=True)
    changed = fields.Boolean(required=True)
    evidence = fields.Nested(EvidenceView)
    error = fields.Nested(ItemRefusal)


class BulkResults(Schema):
    """In the order of the request."""

    changed = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    results = fields.List(fields.Nested(BulkResult), required=True)


_BANDS = ("excellent", "good", "acceptable", "marginal", "unacceptable")
_TEXT_STATES = ("extracted", "no_text", "unsupported", "protected", "damaged", "too_costly")


class QualityParts(Schema):
    """Points of each part: of 40, 30, 20 and 10."""

    completeness = fields.Float(required=True)
    accuracy = fields.Float(required=True)
    currency = fields.Float(required=True)
    relevance = fields.Float(required=True)


class QualityCheck(Schema):
    """One check: ``points`` of ``possible``; ``raise_by`` says what would raise them, empty when nothing would."""

    id = fields.String(required=True)
    part = Choice("completeness", "accuracy", "currency", "relevance", required=True)
    checked = fields.String(required=True)
    points = fields.Integer(required=True)
    possible = fields.Integer(required=True)
    raise_by = fields.String(required=True)


class QualityAnalysis(Schema):
    """What the analysis of the current version said. ``text_state`` is what came of reading its text."""

    score = fields.Integer(required=True)
    band = Choice(*_BANDS, required=True)
    text_state = Choice(*_TEXT_STATES, required=True)
    analyzed_at = Time(required=True)
    parts = fields.Nested(QualityParts, required=True)
    checks = fields.List(fields.Nested(QualityCheck), required=True)


class RefinementCitation(Schema):
    """A passage that a refinement rests on."""

    passage_id = fields.String(required=True)
    place = fields.String(required=True)
    quote = fields.String(required=True)


class QualityRefinement(Schema):
    """What a closer look said of a score. ``model`` is empty where none took part.

    It rests on ``base_score``; ``outdated`` says that another score counts by now.
    """

    source = fields.String(required=True)
    score = fields.Integer(required=True)
    band = Choice(*_BANDS, required=True)
    base_score = fields.Integer(required=True)
    outdated = fields.Boolean(required=True)
    summary = fields.String(required=True)
    provider = fields.String(required=True)
    model = fields.String(required=True)
    refined_at = Time(required=True)
    citations = fields.List(fields.Nested(RefinementCitation), required=True)


class QualityView(Schema):
    """What is known of the quality of a piece. ``band`` is null while there is no score.

    ``quality_score`` is what counts: a reviewer's score (``review_score``) where one was given with an approval, else
    that of the ``analysis``. ``refinements`` stand beside it and never change it.
    """

    evidence_id = fields.String(required=True)
    version = fields.Integer(required=True)
    quality_score = fields.Integer(required=True)
    band = Choice(*_BANDS, required=True, allow_none=True)
    source = Choice("none", "review", "analysis", required=True)
    analyzed = fields.Boolean(required=True)
    message = fields.String(required=True)
    review_score = fields.Integer(required=True, allow_none=True)
    analysis = fields.Nested(QualityAnalysis, required=True, allow_none=True)
    refinements = fields.List(fields.Nested(QualityRefinement), required=True)
