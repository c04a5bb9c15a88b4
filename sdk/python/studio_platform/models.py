"""What the API answers. Written by `make docs` from the OpenAPI document: change the platform, not this file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from studio_platform.model import Model


class AddedReview(Model):
    """``AddedReview`` of the OpenAPI document."""

    id: str
    evidence_id: str
    version: int
    reviewer_id: str
    decision: Literal["approve", "reject", "request_changes"]
    score: int | None
    comment: str
    created_at: datetime
    status: str
    expires_at: datetime | None


class AddedVersion(Model):
    """``AddedVersion`` of the OpenAPI document."""

    id: str
    evidence_id: str
    version: int
    file_name: str
    file_size: int
    content_type: str
    sha256: str
    uploaded_by: str
    uploaded_at: datetime
    kind: Literal["file", "link", "note"]
    url: str | None
    comment: str
    period_start: datetime | None
    period_end: datetime | None
    valid_until: datetime | None
    status: str


class AffectedProjects(Model):
    """``AffectedProjects`` of the OpenAPI document."""

    following: int
    archived: int
    names: list[str]


class ApiKeyCreated(Model):
    """``ApiKeyCreated`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    client_id: str | None
    api_key: str


class ApiKeyDetail(Model):
    """``ApiKeyDetail`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    client_id: str | None


class ApplicationDetail(Model):
    """``ApplicationDetail`` of the OpenAPI document."""

    client_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    updated_at: datetime


class AroundShown(Model):
    """``AroundShown`` of the OpenAPI document."""

    node: str
    depth: int
    nodes: list[NodeShown]
    edges: list[EdgeShown]
    truncated: bool


class AttachedFramework(Model):
    """``AttachedFramework`` of the OpenAPI document."""

    id: str
    name: str
    primary: bool
    attached_at: datetime
    controls: int


class AttachedFrameworks(Model):
    """``AttachedFrameworks`` of the OpenAPI document."""

    frameworks: list[AttachedFramework]


class AttemptShown(Model):
    """``AttemptShown`` of the OpenAPI document."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None


class AuditEntry(Model):
    """``AuditEntry`` of the OpenAPI document."""

    id: str
    at: datetime
    actor_kind: str
    actor_id: str
    user_id: str
    action: str
    resource_id: str
    project_id: str
    address: str
    method: str
    path: str
    status: int
    request_id: str
    seal: int | None


class AuditSeal(Model):
    """``AuditSeal`` of the OpenAPI document."""

    number: int
    hash: str
    sealed_at: datetime
    entries: int
    key_id: str


class AuditSealState(Model):
    """``AuditSealState`` of the OpenAPI document."""

    seal: AuditSeal | None
    unsealed: int
    unsealed_since: datetime | None
    unsealed_seconds: float
    public_keys: list[str]


class BulkControlResult(Model):
    """``BulkControlResult`` of the OpenAPI document."""

    id: str
    ok: bool
    control: ProjectControl | None
    error: ItemRefusal | None


class BulkControlResults(Model):
    """``BulkControlResults`` of the OpenAPI document."""

    changed: int
    failed: int
    results: list[BulkControlResult]


class BulkResult(Model):
    """``BulkResult`` of the OpenAPI document."""

    id: str
    ok: bool
    changed: bool
    evidence: EvidenceView | None
    error: ItemRefusal1 | None


class BulkResults(Model):
    """``BulkResults`` of the OpenAPI document."""

    changed: int
    failed: int
    results: list[BulkResult]


class CategoryShown(Model):
    """``CategoryShown`` of the OpenAPI document."""

    id: str
    title: str
    description: str


class ChangeShown(Model):
    """``ChangeShown`` of the OpenAPI document."""

    kind: Literal[
        "approve_evidence",
        "renew_evidence",
        "change_override",
        "complete_milestone",
        "improve_evidence",
        "provide_evidence",
    ]
    id: str
    title: str
    control: ControlNamed | None
    assumed_quality: int | None
    score_after: int
    gain: float
    also_moves: list[ControlNamed]


class ChangeShown1(Model):
    """``ChangeShown1`` of the OpenAPI document."""

    kind: str
    before: list[str]
    after: list[str]
    title: str
    matched_by: str | None
    fields: list[str]
    likeness: float | None


class ChangeSummary(Model):
    """``ChangeSummary`` of the OpenAPI document."""

    added: int
    changed: int
    moved: int
    split: int
    merged: int
    removed: int
    unchanged: int


class ChatAnswer(Model):
    """``ChatAnswer`` of the OpenAPI document."""

    message: str
    context: ChatSubject
    suggestions: list[Suggestion]
    citations: list[Citation]
    provider: str
    fallback: bool
    fallback_reason: str | None
    tools: list[ToolUsed]
    conversation_id: str
    message_id: str


class ChatSubject(Model):
    """``ChatSubject`` of the OpenAPI document."""

    framework: str | None
    control: str | None
    control_title: str | None


class Citation(Model):
    """``Citation`` of the OpenAPI document."""

    id: str
    kind: str
    title: str
    evidence_id: str | None
    quote: str | None


class CitedPassage(Model):
    """``CitedPassage`` of the OpenAPI document."""

    id: str
    evidence_id: str
    title: str
    heading: str
    quote: str
    score: float


class ClientCreated(Model):
    """``ClientCreated`` of the OpenAPI document."""

    id: str
    client_id: str
    name: str
    confidential: bool
    redirect_uris: list[str]
    grant_types: list[str]
    scopes: list[str]
    role: str
    created_by: str
    created_at: datetime
    client_secret: str | None


class ClientDetail(Model):
    """``ClientDetail`` of the OpenAPI document."""

    id: str
    client_id: str
    name: str
    confidential: bool
    redirect_uris: list[str]
    grant_types: list[str]
    scopes: list[str]
    role: str
    created_by: str
    created_at: datetime


class ControlDetail(Model):
    """``ControlDetail`` of the OpenAPI document."""

    id: str
    number: str
    title: str
    category: str
    description: str
    priority: Literal["critical", "high", "medium", "low"]
    renewal_days: int
    expected_evidence: list[ExpectedEvidenceShown]
    references: list[str]


class ControlNamed(Model):
    """``ControlNamed`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str


class ControlOverride(Model):
    """``ControlOverride`` of the OpenAPI document."""

    status: Literal["not_started", "in_progress", "complete"]
    reason: str
    by: str
    at: datetime


class ControlShown(Model):
    """``ControlShown`` of the OpenAPI document."""

    id: str
    number: str
    title: str
    category: str


class ConversationMessage(Model):
    """``ConversationMessage`` of the OpenAPI document."""

    id: str
    role: Literal["user", "assistant"]
    message: str
    created_at: datetime
    citations: list[Citation] | None
    provider: str | None
    fallback: bool | None
    fallback_reason: str | None
    controls: list[str] | None


class ConversationShown(Model):
    """``ConversationShown`` of the OpenAPI document."""

    id: str
    title: str
    project_id: str | None
    messages: int
    created_at: datetime
    updated_at: datetime
    history: list[ConversationMessage]


class ConversationView(Model):
    """``ConversationView`` of the OpenAPI document."""

    id: str
    title: str
    project_id: str | None
    messages: int
    created_at: datetime
    updated_at: datetime


class Coverage(Model):
    """``Coverage`` of the OpenAPI document."""

    total: int
    complete: int
    in_progress: int
    not_started: int
    not_applicable: int


class CoverageShown(Model):
    """``CoverageShown`` of the OpenAPI document."""

    value: float
    controls_with_evidence: int
    applicable_controls: int


class DeliveryDetail(Model):
    """``DeliveryDetail`` of the OpenAPI document."""

    id: str
    webhook_id: str
    event_id: str
    event: str
    resource_id: str
    project_id: str
    message_id: str
    state: Literal["pending", "succeeded", "failed", "exhausted"]
    attempts: int
    response_status: int | None
    response_body: str | None
    error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime
    history: list[AttemptShown]


class DeliveryShown(Model):
    """``DeliveryShown`` of the OpenAPI document."""

    id: str
    webhook_id: str
    event_id: str
    event: str
    resource_id: str
    project_id: str
    message_id: str
    state: Literal["pending", "succeeded", "failed", "exhausted"]
    attempts: int
    response_status: int | None
    response_body: str | None
    error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime


class EdgeShown(Model):
    """``EdgeShown`` of the OpenAPI document."""

    kind: Literal["MEMBER_OF", "INCLUDES", "HAS_EVIDENCE", "UPLOADED", "REVIEWED", "MAPPED_TO", "TAGGED"]
    source: str
    target: str
    properties: dict[str, Any]


class ErasureStarted(Model):
    """``ErasureStarted`` of the OpenAPI document."""

    job_id: str


class EventCatalogue(Model):
    """``EventCatalogue`` of the OpenAPI document."""

    events: list[EventEntry]


class EventEntry(Model):
    """``EventEntry`` of the OpenAPI document."""

    name: str
    version: int
    summary: str
    schema: dict[str, Any]
    example: dict[str, Any]


class EvidenceAnalysis(Model):
    """``EvidenceAnalysis`` of the OpenAPI document."""

    evidence_id: str
    project_id: str
    version: int
    base_score: int | None
    score: int | None
    moved: int
    summary: str
    expectations: list[Expectation]
    provider: str
    model: str
    kept: bool
    fallback: bool
    fallback_reason: str | None


class EvidenceQualityShown(Model):
    """``EvidenceQualityShown`` of the OpenAPI document."""

    total: int
    high_quality: int
    good_quality: int
    needs_improvement: int


class EvidenceView(Model):
    """``EvidenceView`` of the OpenAPI document."""

    id: str
    title: str
    description: str
    file_name: str
    file_size: int
    content_type: str
    control_id: str | None
    project_id: str
    uploaded_by: str
    uploaded_at: datetime
    quality_score: int
    status: Literal["pending", "in_review", "approved", "rejected"]
    tags: list[str]
    control_ids: list[str]
    version: int
    sha256: str
    updated_at: datetime
    approved_at: datetime | None
    expires_at: datetime | None
    is_current: bool
    period_start: datetime | None
    period_end: datetime | None
    valid_until: datetime | None
    kind: Literal["file", "link", "note"]
    url: str | None


class Expectation(Model):
    """``Expectation`` of the OpenAPI document."""

    control_id: str
    control: str
    expected: str
    shown: bool
    reason: str
    passages: list[CitedPassage]


class ExpectedEvidenceShown(Model):
    """``ExpectedEvidenceShown`` of the OpenAPI document."""

    title: str
    description: str


class ExpertShown(Model):
    """``ExpertShown`` of the OpenAPI document."""

    user_id: str
    name: str
    uploaded: int
    reviewed: int
    last_at: str
    projects: list[str]


class ExpertsShown(Model):
    """``ExpertsShown`` of the OpenAPI document."""

    control_id: str
    experts: list[ExpertShown]


class Explanation(Model):
    """``Explanation`` of the OpenAPI document."""

    started: bool
    exact_score: float
    parts: list[PartShown]
    priority_weights: dict[str, int]
    severity_points: dict[str, int]
    changes: list[ChangeShown]


class ExportedOf(Model):
    """``ExportedOf`` of the OpenAPI document."""

    account: str
    exported_at: datetime
    platform: str


class FactorBegun(Model):
    """``FactorBegun`` of the OpenAPI document."""

    secret: str
    uri: str


class FactorStatus(Model):
    """``FactorStatus`` of the OpenAPI document."""

    enabled: bool
    required: bool
    enabled_at: datetime | None
    recovery_codes_left: int


class FoundEvidence(Model):
    """``FoundEvidence`` of the OpenAPI document."""

    id: str
    title: str
    description: str
    file_name: str
    file_size: int
    content_type: str
    control_id: str | None
    project_id: str
    uploaded_by: str
    uploaded_at: datetime
    quality_score: int
    status: Literal["pending", "in_review", "approved", "rejected"]
    tags: list[str]
    control_ids: list[str]
    version: int
    sha256: str
    updated_at: datetime
    approved_at: datetime | None
    expires_at: datetime | None
    is_current: bool
    period_start: datetime | None
    period_end: datetime | None
    valid_until: datetime | None
    kind: Literal["file", "link", "note"]
    url: str | None
    matches: list[SearchMatch]


class FrameworkDetail(Model):
    """``FrameworkDetail`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    version: str
    publisher: str
    categories: list[CategoryShown]
    controls: list[ControlDetail]


class FrameworkList(Model):
    """``FrameworkList`` of the OpenAPI document."""

    frameworks: list[FrameworkShown]


class FrameworkShown(Model):
    """``FrameworkShown`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    version: str
    publisher: str
    categories: list[CategoryShown]
    controls: list[ControlShown]


class FrameworkUpgrade(Model):
    """``FrameworkUpgrade`` of the OpenAPI document."""

    id: str
    applied: bool
    revision: int
    from_version: str
    to_version: str
    summary: ChangeSummary
    changes: list[ChangeShown1]
    projects: AffectedProjects


class FrameworkVersion(Model):
    """``FrameworkVersion`` of the OpenAPI document."""

    revision: int
    previous: int | None
    version: str
    format: str
    controls: int
    imported_by: str
    imported_at: datetime
    current: bool


class FrameworkVersions(Model):
    """``FrameworkVersions`` of the OpenAPI document."""

    versions: list[FrameworkVersion]


class FreshnessShown(Model):
    """``FreshnessShown`` of the OpenAPI document."""

    value: float
    current: int
    expired: int
    expiring_in_30_days: int


class GapAnalysed(Model):
    """``GapAnalysed`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    title: str
    severity: str
    status: str
    missing: list[str]
    candidates: list[CitedPassage]
    next_step: str
    suggestions: list[Suggestion]


class GapAnalysis(Model):
    """``GapAnalysis`` of the OpenAPI document."""

    project_id: str
    total: int
    gaps: list[GapAnalysed]


class GapList(Model):
    """``GapList`` of the OpenAPI document."""

    project_id: str
    gaps: list[GapShown]
    summary: GapSummary


class GapShown(Model):
    """``GapShown`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    title: str
    category: str
    priority: str
    status: str
    severity: str
    missing: list[str]
    via: list[MappedFromShown]


class GapSummary(Model):
    """``GapSummary`` of the OpenAPI document."""

    total: int
    critical: int
    moderate: int
    minor: int


class ImpactControl(Model):
    """``ImpactControl`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    title: str
    by: Literal["evidence", "mapping"]
    status_before: str
    status_after: str


class ImpactFramework(Model):
    """``ImpactFramework`` of the OpenAPI document."""

    framework: str
    controls: int
    coverage_before: float
    coverage_after: float


class ImpactProject(Model):
    """``ImpactProject`` of the OpenAPI document."""

    project_id: str
    name: str
    score_before: int
    score_after: int


class ImpactShown(Model):
    """``ImpactShown`` of the OpenAPI document."""

    evidence_id: str
    title: str
    counts_now: bool
    controls: list[ImpactControl]
    projects: list[ImpactProject]
    frameworks: list[ImpactFramework]


class ImportedFramework(Model):
    """``ImportedFramework`` of the OpenAPI document."""

    id: str
    name: str
    version: str
    controls: int
    format: Literal["studio", "oscal-catalog", "oscal-profile", "csv"]
    revision: int


class Introspection(Model):
    """``Introspection`` of the OpenAPI document."""

    active: bool
    scope: str | None
    client_id: str | None
    token_type: str | None
    sub: str | None
    iss: str | None
    aud: str | None
    jti: str | None
    iat: int | None
    exp: int | None


class ItemRefusal(Model):
    """``ItemRefusal`` of the OpenAPI document."""

    code: str
    message: str
    details: dict[str, Any]


class ItemRefusal1(Model):
    """``ItemRefusal1`` of the OpenAPI document."""

    code: str
    message: str
    details: dict[str, Any]


class JobState(Model):
    """``JobState`` of the OpenAPI document."""

    id: str
    kind: str
    state: Literal["queued", "waiting", "running", "succeeded", "failed", "cancelled"]
    progress: int
    attempts: int
    result: Any
    error: str | None
    owner_id: str
    project_id: str
    run_at: datetime
    created_at: datetime
    updated_at: datetime


class JsonWebKeySet(Model):
    """``JsonWebKeySet`` of the OpenAPI document."""

    keys: list[dict[str, Any]]


class ListedReview(Model):
    """``ListedReview`` of the OpenAPI document."""

    id: str
    evidence_id: str
    version: int
    reviewer_id: str
    decision: Literal["approve", "reject", "request_changes"]
    score: int | None
    comment: str
    created_at: datetime
    reviewer_name: str


class ListedVersion(Model):
    """``ListedVersion`` of the OpenAPI document."""

    id: str
    evidence_id: str
    version: int
    file_name: str
    file_size: int
    content_type: str
    sha256: str
    uploaded_by: str
    uploaded_at: datetime
    kind: Literal["file", "link", "note"]
    url: str | None
    comment: str
    period_start: datetime | None
    period_end: datetime | None
    valid_until: datetime | None
    uploaded_by_name: str


class LoggedInUser(Model):
    """``LoggedInUser`` of the OpenAPI document."""

    id: str
    email: str
    name: str
    role: str


class LoginAnswer(Model):
    """``LoginAnswer`` of the OpenAPI document."""

    user: LoggedInUser
    tokens: Tokens
    second_factor: Literal["off", "on", "enrolment_required"]
    temporary_until: datetime | None


class MappedFrom(Model):
    """``MappedFrom`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    relation: str
    counts: str
    path: list[str]


class MappedFromShown(Model):
    """``MappedFromShown`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    relation: Literal["equal", "superset", "subset", "intersects"]
    counts: Literal["full", "partial"]
    path: list[str]


class MappingEnd(Model):
    """``MappingEnd`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    title: str


class MappingList(Model):
    """``MappingList`` of the OpenAPI document."""

    mappings: list[MappingShown]
    total: int


class MappingShown(Model):
    """``MappingShown`` of the OpenAPI document."""

    to: MappingEnd
    relation: Literal["equal", "superset", "subset", "intersects"]
    counts: Literal["full", "partial"]
    path: list[MappingStep]
    from_: MappingEnd


class MappingStep(Model):
    """``MappingStep`` of the OpenAPI document."""

    control_id: str
    framework: str
    number: str
    relation: Literal["equal", "superset", "subset", "intersects"]
    rationale: str
    source: str


class Milestone(Model):
    """``Milestone`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    due_date: datetime
    status: Literal["pending", "in_progress", "completed"]
    overdue: bool
    created_at: datetime
    updated_at: datetime


class NamedMember(Model):
    """``NamedMember`` of the OpenAPI document."""

    user_id: str
    role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"]
    joined_at: datetime
    name: str


class NodeShown(Model):
    """``NodeShown`` of the OpenAPI document."""

    id: str
    label: Literal["User", "Project", "Framework", "Control", "Evidence", "Tag"]
    properties: dict[str, Any]


class OpenApiDocument(Model):
    """``OpenApiDocument`` of the OpenAPI document."""

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


class OrphansShown(Model):
    """``OrphansShown`` of the OpenAPI document."""

    project_id: str
    evidence_without_control: list[NodeShown]
    controls_without_evidence: list[NodeShown]
    members_without_evidence: list[NodeShown]


class PartShown(Model):
    """``PartShown`` of the OpenAPI document."""

    name: str
    value: float
    weight: float
    contribution: float
    inputs: dict[str, int]


class PassageShown(Model):
    """``PassageShown`` of the OpenAPI document."""

    id: str
    evidence_id: str
    title: str
    version: int
    heading: str
    place: str
    start: int
    end: int
    text: str
    score: float
    matched_by: list[str]


class PasswordResetToken(Model):
    """``PasswordResetToken`` of the OpenAPI document."""

    reset_token: str
    expires_at: datetime
    page: str


class PathShown(Model):
    """``PathShown`` of the OpenAPI document."""

    to: str
    found: bool
    controls: list[NodeShown]
    steps: list[MappingStep]
    relation: str | None
    counts: Literal["full", "partial", "none"]
    from_: str


class PersonalDocument(Model):
    """``PersonalDocument`` of the OpenAPI document."""

    about: ExportedOf
    data: dict[str, Any]


class PluginEntry(Model):
    """``PluginEntry`` of the OpenAPI document."""

    name: str
    version: str
    summary: str
    distribution: str
    built_in: bool
    state: Literal["active", "disabled", "left out"]
    reason: str
    requires: list[str]
    operations: int


class PluginList(Model):
    """``PluginList`` of the OpenAPI document."""

    plugins: list[PluginEntry]


class PolicyDraft(Model):
    """``PolicyDraft`` of the OpenAPI document."""

    title: str
    content: str
    format: str
    generated_at: datetime
    quality_score: int
    quality: list[QualityCheck1]
    type: str
    provider: str
    fallback: bool
    fallback_reason: str | None


class PolicyKind(Model):
    """``PolicyKind`` of the OpenAPI document."""

    id: str
    title: str
    summary: str
    serves: list[str]


class PolicyKinds(Model):
    """``PolicyKinds`` of the OpenAPI document."""

    policies: list[PolicyKind]


class Preferences(Model):
    """``Preferences`` of the OpenAPI document."""

    theme: Literal["light", "dark", "system"] | None
    language: str | None
    timezone: str | None


class Project(Model):
    """``Project`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    status: Literal["active", "inactive", "archived"]
    framework: str
    compliance_score: int
    created_at: datetime
    updated_at: datetime


class ProjectActivity(Model):
    """``ProjectActivity`` of the OpenAPI document."""

    id: str
    event: str
    resource_id: str
    actor_id: str
    actor_name: str | None
    occurred_at: datetime
    request_id: str
    data: Any


class ProjectControl(Model):
    """``ProjectControl`` of the OpenAPI document."""

    id: str
    number: str
    title: str
    status: Literal["not_started", "in_progress", "complete", "not_applicable"]
    evidence_count: int
    framework: str
    category: str
    priority: Literal["critical", "high", "medium", "low"]
    derived_status: Literal["not_started", "in_progress", "complete"]
    mapped_status: Literal["not_started", "in_progress", "complete"] | None
    via: list[MappedFrom]
    override: ControlOverride | None
    applicable: bool
    not_applicable_reason: str | None
    not_applicable_by: str | None
    not_applicable_at: datetime | None
    owner_id: str | None
    due_date: datetime | None
    overdue: bool
    updated_at: datetime


class ProjectControlDetail(Model):
    """``ProjectControlDetail`` of the OpenAPI document."""

    id: str
    number: str
    title: str
    status: Literal["not_started", "in_progress", "complete", "not_applicable"]
    evidence_count: int
    framework: str
    category: str
    priority: Literal["critical", "high", "medium", "low"]
    derived_status: Literal["not_started", "in_progress", "complete"]
    mapped_status: Literal["not_started", "in_progress", "complete"] | None
    via: list[MappedFrom]
    override: ControlOverride | None
    applicable: bool
    not_applicable_reason: str | None
    not_applicable_by: str | None
    not_applicable_at: datetime | None
    owner_id: str | None
    due_date: datetime | None
    overdue: bool
    updated_at: datetime
    description: str
    renewal_days: int | None
    expected_evidence: list[ProjectExpectedEvidence]


class ProjectDetail(Model):
    """``ProjectDetail`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    status: Literal["active", "inactive", "archived"]
    framework: str
    compliance_score: int
    created_at: datetime
    updated_at: datetime
    team_members: list[TeamMember]
    frameworks: list[str]
    controls: list[ProjectControl]
    milestones: list[Milestone]


class ProjectExpectedEvidence(Model):
    """``ProjectExpectedEvidence`` of the OpenAPI document."""

    title: str
    description: str


class ProjectListItem(Model):
    """``ProjectListItem`` of the OpenAPI document."""

    id: str
    name: str
    description: str
    status: Literal["active", "inactive", "archived"]
    framework: str
    compliance_score: int
    created_at: datetime
    updated_at: datetime
    team_members: list[TeamMember]


class ProjectedControl(Model):
    """``ProjectedControl`` of the OpenAPI document."""

    control_id: str
    number: str
    title: str
    category: str
    priority: str
    status: str
    in_project: bool
    via: list[MappedFromShown]


class ProjectionShown(Model):
    """``ProjectionShown`` of the OpenAPI document."""

    project_id: str
    framework: str
    projected_score: int
    band: str
    control_coverage: Coverage
    coverage: CoverageShown
    explanation: ScoreExplanation
    controls: list[ProjectedControl]


class Proposal(Model):
    """``Proposal`` of the OpenAPI document."""

    id: str
    project_id: str
    control_id: str | None
    kind: str
    title: str
    quality_score: int
    state: Literal["proposed", "confirmed", "discarded"]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    evidence_id: str | None


class ProposalShown(Model):
    """``ProposalShown`` of the OpenAPI document."""

    id: str
    project_id: str
    control_id: str | None
    kind: str
    title: str
    quality_score: int
    state: Literal["proposed", "confirmed", "discarded"]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    evidence_id: str | None
    content: str


class ProviderList(Model):
    """``ProviderList`` of the OpenAPI document."""

    providers: list[ProviderShown]


class ProviderShown(Model):
    """``ProviderShown`` of the OpenAPI document."""

    id: str
    title: str
    needs_network: bool
    default: bool


class ProviderUse(Model):
    """``ProviderUse`` of the OpenAPI document."""

    provider: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float


class QualityAnalysis(Model):
    """``QualityAnalysis`` of the OpenAPI document."""

    score: int
    band: Literal["excellent", "good", "acceptable", "marginal", "unacceptable"]
    text_state: Literal["extracted", "no_text", "unsupported", "protected", "damaged", "too_costly"]
    analyzed_at: datetime
    parts: QualityParts
    checks: list[QualityCheck]


class QualityCheck(Model):
    """``QualityCheck`` of the OpenAPI document."""

    id: str
    part: Literal["completeness", "accuracy", "currency", "relevance"]
    checked: str
    points: int
    possible: int
    raise_by: str


class QualityCheck1(Model):
    """``QualityCheck1`` of the OpenAPI document."""

    name: str
    points: int
    of: int
    found: str


class QualityParts(Model):
    """``QualityParts`` of the OpenAPI document."""

    completeness: float
    accuracy: float
    currency: float
    relevance: float


class QualityRefinement(Model):
    """``QualityRefinement`` of the OpenAPI document."""

    source: str
    score: int
    band: Literal["excellent", "good", "acceptable", "marginal", "unacceptable"]
    base_score: int
    outdated: bool
    summary: str
    provider: str
    model: str
    refined_at: datetime
    citations: list[RefinementCitation]


class QualityView(Model):
    """``QualityView`` of the OpenAPI document."""

    evidence_id: str
    version: int
    quality_score: int
    band: Literal["excellent", "good", "acceptable", "marginal", "unacceptable"] | None
    source: Literal["none", "review", "analysis"]
    analyzed: bool
    message: str
    review_score: int | None
    analysis: QualityAnalysis | None
    refinements: list[QualityRefinement]


class RecoveryCodes(Model):
    """``RecoveryCodes`` of the OpenAPI document."""

    recovery_codes: list[str]


class RefinementCitation(Model):
    """``RefinementCitation`` of the OpenAPI document."""

    passage_id: str
    place: str
    quote: str


class ReplayStarted(Model):
    """``ReplayStarted`` of the OpenAPI document."""

    job_id: str
    since: datetime
    until: datetime
    states: list[str]
    missed: bool


class ReportShown(Model):
    """``ReportShown`` of the OpenAPI document."""

    id: str
    project_id: str
    kind: str
    format: str
    state: str
    progress: int
    job_id: str
    link: str | None
    file_name: str | None
    size: int | None
    sha256: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime


class SavedEvidence(Model):
    """``SavedEvidence`` of the OpenAPI document."""

    id: str
    title: str
    project_id: str
    file_name: str
    sha256: str


class ScoreExplanation(Model):
    """``ScoreExplanation`` of the OpenAPI document."""

    started: bool
    exact_score: float
    parts: list[PartShown]


class ScoreShown(Model):
    """``ScoreShown`` of the OpenAPI document."""

    project_id: str
    overall_score: int
    band: str
    framework_scores: dict[str, int]
    control_coverage: Coverage
    evidence_quality: EvidenceQualityShown
    coverage: CoverageShown
    freshness: FreshnessShown
    last_updated: datetime
    explanation: Explanation | None


class SearchAnswer(Model):
    """``SearchAnswer`` of the OpenAPI document."""

    project_id: str
    results: list[PassageShown]
    ways: list[str]


class SearchMatch(Model):
    """``SearchMatch`` of the OpenAPI document."""

    field: Literal["title", "description", "tags", "url", "file_name", "text"]
    place: str
    page: int | None
    snippet: list[SnippetPart]


class SecretRotated(Model):
    """``SecretRotated`` of the OpenAPI document."""

    id: str
    client_id: str
    name: str
    confidential: bool
    redirect_uris: list[str]
    grant_types: list[str]
    scopes: list[str]
    role: str
    created_by: str
    created_at: datetime
    client_secret: str | None
    previous_secret_until: datetime | None


class SecretRotated1(Model):
    """``SecretRotated1`` of the OpenAPI document."""

    id: str
    url: str
    events: list[str]
    active: bool
    description: str
    owner_id: str
    project_id: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secret: str
    previous_secret_until: datetime


class ServerMetadata(Model):
    """``ServerMetadata`` of the OpenAPI document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    jwks_uri: str | None


class SessionDetail(Model):
    """``SessionDetail`` of the OpenAPI document."""

    id: str
    kind: str
    client_id: str | None
    client_name: str | None
    scopes: list[str]
    address: str
    agent: str
    current: bool
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime


class SnippetPart(Model):
    """``SnippetPart`` of the OpenAPI document."""

    text: str
    match: bool


class SuggestedCall(Model):
    """``SuggestedCall`` of the OpenAPI document."""

    method: str
    path: str
    body: dict[str, str] | None


class Suggestion(Model):
    """``Suggestion`` of the OpenAPI document."""

    type: str
    title: str
    description: str
    request: SuggestedCall


class TeamMember(Model):
    """``TeamMember`` of the OpenAPI document."""

    user_id: str
    role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"]
    joined_at: datetime


class TokenAnswer(Model):
    """``TokenAnswer`` of the OpenAPI document."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None


class Tokens(Model):
    """``Tokens`` of the OpenAPI document."""

    access_token: str
    refresh_token: str
    expires_in: int


class ToolUsed(Model):
    """``ToolUsed`` of the OpenAPI document."""

    name: str
    failed: bool


class TrendPoint(Model):
    """``TrendPoint`` of the OpenAPI document."""

    date: str
    overall_score: int
    band: str
    freshness: float
    coverage: float
    evidence_quality: float
    risk: float
    timeliness: float


class TrendShown(Model):
    """``TrendShown`` of the OpenAPI document."""

    project_id: str
    period: str
    points: list[TrendPoint]
    change: int


class UsageShown(Model):
    """``UsageShown`` of the OpenAPI document."""

    day: str
    providers: list[ProviderUse]
    daily_tokens: int
    daily_cost: float


class UserDetail(Model):
    """``UserDetail`` of the OpenAPI document."""

    id: str
    email: str
    name: str
    role: str
    status: str
    created_at: datetime
    updated_at: datetime
    last_login: datetime | None
    second_factor_at: datetime | None
    temporary_until: datetime | None
    preferences: Preferences


class UserInList(Model):
    """``UserInList`` of the OpenAPI document."""

    id: str
    email: str
    name: str
    role: str
    status: str
    created_at: datetime
    updated_at: datetime
    last_login: datetime | None
    second_factor_at: datetime | None
    temporary_until: datetime | None


class WebhookCreated(Model):
    """``WebhookCreated`` of the OpenAPI document."""

    id: str
    url: str
    events: list[str]
    active: bool
    description: str
    owner_id: str
    project_id: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secret: str


class WebhookShown(Model):
    """``WebhookShown`` of the OpenAPI document."""

    id: str
    url: str
    events: list[str]
    active: bool
    description: str
    owner_id: str
    project_id: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
