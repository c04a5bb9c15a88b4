// Types of every operation. Written by `make docs` from the OpenAPI document: change the platform, not this file.
import type { CallOptions, Download, Page, ServerEvent, Source } from "./index.js";

export interface Audit {
  /** Read the audit log. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "at"; order?: "asc" | "desc"; actor?: string; action?: string; resource?: string; createdAfter?: string | Date; createdBefore?: string | Date }, options?: CallOptions): Promise<Page<AuditEntry>>;
  /** Show how far the audit log is sealed. */
  seal(options?: CallOptions): Promise<AuditSealState>;
}

export interface Plugins {
  /** List the installed plugins. */
  list(options?: CallOptions): Promise<PluginList>;
}

export interface Jobs {
  /** List background jobs. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at"; order?: "asc" | "desc"; state?: "queued" | "waiting" | "running" | "succeeded" | "failed" | "cancelled"; kind?: string; createdAfter?: string | Date; createdBefore?: string | Date }, options?: CallOptions): Promise<Page<JobState>>;
  /** Show a background job. */
  read(jobId: string, options?: CallOptions): Promise<JobState>;
  /** Show a background job. */
  get(jobId: string, options?: CallOptions): Promise<JobState>;
  /** Cancel a background job. */
  cancel(jobId: string, options?: CallOptions): Promise<JobState>;
  /** Try a failed or cancelled background job again. */
  retry(jobId: string, options?: CallOptions): Promise<JobState>;
}

export interface Auth {
  /** Log in with address and password. */
  login(input: { email: string; password: string; otp?: string }, options?: CallOptions): Promise<LoginAnswer>;
  /** Exchange a refresh token for new tokens. */
  refresh(input: { refreshToken: string }, options?: CallOptions): Promise<Tokens>;
  /** Set a new password with a one-time token. */
  resetPassword(input: { token: string; newPassword: string }, options?: CallOptions): Promise<string>;
  /** End the session: its access and refresh tokens stop at once. */
  logout(options?: CallOptions): Promise<string>;
}

export interface Users {
  /** Show one's own account. */
  me(options?: CallOptions): Promise<UserDetail>;
  /** Change one's own password. */
  changePassword(input: { currentPassword: string; newPassword: string }, options?: CallOptions): Promise<string>;
  /** List accounts. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "updated_at" | "name" | "email" | "role"; order?: "asc" | "desc"; role?: "super_admin" | "admin" | "manager" | "auditor" | "customer" | "viewer"; status?: "active" | "disabled"; createdAfter?: string | Date; createdBefore?: string | Date; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<UserInList>>;
  /** Create an account. */
  create(input: { email: string; name: string; role: "super_admin" | "admin" | "manager" | "auditor" | "customer" | "viewer"; password: string }, options?: CallOptions): Promise<UserDetail>;
  /** Show an account: one's own, or any as an administrator. */
  read(userId: string, options?: CallOptions): Promise<UserDetail>;
  /** Show an account: one's own, or any as an administrator. */
  get(userId: string, options?: CallOptions): Promise<UserDetail>;
  /** Change an account: one's own name and preferences, or others' as an administrator. */
  update(userId: string, input?: { name?: string; preferences?: Record<string, unknown>; email?: string; role?: "super_admin" | "admin" | "manager" | "auditor" | "customer" | "viewer"; status?: "active" | "disabled" }, options?: CallOptions): Promise<UserDetail>;
  /** Delete an account; its tokens and keys stop at once. */
  delete(userId: string, options?: CallOptions): Promise<string>;
  /** Issue a one-time token with which the account's owner sets a new password. */
  resetPassword(userId: string, options?: CallOptions): Promise<PasswordResetToken>;
  /** Hand over all that the platform holds of oneself. */
  exportOwnData(options?: CallOptions): Promise<PersonalDocument>;
  /** Hand over all that the platform holds of a person. */
  exportData(userId: string, options?: CallOptions): Promise<PersonalDocument>;
  /** Erase a person. */
  erase(userId: string, input: { confirm: string }, options?: CallOptions): Promise<ErasureStarted>;
}

export interface SecondFactor {
  /** Show whether one's own second factor is on. */
  read(options?: CallOptions): Promise<FactorStatus>;
  /** Show whether one's own second factor is on. */
  get(options?: CallOptions): Promise<FactorStatus>;
  /** Get a secret for an authenticator; it counts once a code of it was confirmed. */
  begin(input: { currentPassword: string }, options?: CallOptions): Promise<FactorBegun>;
  /** Turn the second factor on with a first code; the recovery codes are shown only now. */
  confirm(input: { otp: string }, options?: CallOptions): Promise<RecoveryCodes>;
  /** Get new recovery codes in place of the old ones. */
  renewCodes(input: { currentPassword: string; otp: string }, options?: CallOptions): Promise<RecoveryCodes>;
  /** Turn one's own second factor off. */
  disable(input: { currentPassword: string; otp: string }, options?: CallOptions): Promise<string>;
  /** Turn another's second factor off, after a device was lost. */
  reset(userId: string, options?: CallOptions): Promise<string>;
}

export interface Sessions {
  /** List one's own sessions. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "expires_at"; order?: "asc" | "desc" }, options?: CallOptions): Promise<Page<SessionDetail>>;
  /** End all of one's own sessions but this one, at once. */
  endOthers(options?: CallOptions): Promise<string>;
  /** End one of one's own sessions, at once. */
  end(sessionId: string, options?: CallOptions): Promise<string>;
}

export interface Applications {
  /** List the applications that one has let act for oneself. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "updated_at" | "name"; order?: "asc" | "desc"; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ApplicationDetail>>;
  /** Take back what an application may do; its tokens and keys stop at once. */
  revoke(clientId: string, options?: CallOptions): Promise<string>;
}

export interface ApiKeys {
  /** Make an API key; its secret is shown only now. */
  create(input: { name: string; scopes: ReadonlyArray<string>; description?: string; expiresAt?: string | Date | null }, options?: CallOptions): Promise<ApiKeyCreated>;
  /** List one's own API keys. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "name"; order?: "asc" | "desc"; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ApiKeyDetail>>;
  /** Show one of one's own API keys. */
  read(keyId: string, options?: CallOptions): Promise<ApiKeyDetail>;
  /** Show one of one's own API keys. */
  get(keyId: string, options?: CallOptions): Promise<ApiKeyDetail>;
  /** Revoke one of one's own API keys, at once. */
  delete(keyId: string, options?: CallOptions): Promise<string>;
  /** Give an API key a new secret; the old one stops at once. */
  rotate(keyId: string, options?: CallOptions): Promise<ApiKeyCreated>;
}

export interface Oauth {
  /** Get tokens: authorization code, client credentials or refresh token. */
  token(input?: { grantType?: string; code?: string; redirectUri?: string; clientId?: string; clientSecret?: string; codeVerifier?: string; refreshToken?: string; scope?: string }, options?: CallOptions): Promise<TokenAnswer>;
  /** End the session of a token that the client was given. */
  revoke(input?: { token?: string; tokenTypeHint?: string; clientId?: string; clientSecret?: string }, options?: CallOptions): Promise<unknown>;
  /** Tell whether a token holds, and what it is. */
  introspect(input?: { token?: string; tokenTypeHint?: string; clientId?: string; clientSecret?: string }, options?: CallOptions): Promise<Introspection>;
  /** Ask a person for access: shows a login and consent page. */
  authorize(input?: { responseType?: string; clientId?: string; redirectUri?: string; scope?: string; state?: string; codeChallenge?: string; codeChallengeMethod?: string }, options?: CallOptions): Promise<string>;
  /** The login and consent page's form. */
  decide(input: { csrf: string; decision: string; responseType?: string; clientId?: string; redirectUri?: string; scope?: string; state?: string; codeChallenge?: string; codeChallengeMethod?: string; email?: string; password?: string; otp?: string; pending?: string }, options?: CallOptions): Promise<string>;
  /** The authorization server's metadata (RFC 8414). */
  metadata(options?: CallOptions): Promise<ServerMetadata>;
  /** The public keys that access tokens are verified with (RFC 7517). */
  jwks(options?: CallOptions): Promise<JsonWebKeySet>;
}

export interface Account {
  /** One's applications and sessions, as a page. */
  page(options?: CallOptions): Promise<string>;
  /** The forms of the account page: sign in and out, take back, end. */
  act(input: { csrf: string; action: string; email?: string; password?: string; otp?: string; pending?: string; id?: string }, options?: CallOptions): Promise<string>;
}

export interface Password {
  /** Set a new password with a one-time token, as a page. */
  page(options?: CallOptions): Promise<string>;
  /** The form of the page for a new password. */
  set(input: { csrf: string; token?: string; newPassword?: string }, options?: CallOptions): Promise<string>;
}

export interface OauthClients {
  /** Register an OAuth client; its secret is shown only now. */
  create(input: { name: string; redirectUris?: ReadonlyArray<string>; grantTypes?: ReadonlyArray<"authorization_code" | "client_credentials" | "refresh_token">; scopes?: ReadonlyArray<string>; confidential?: boolean; role?: "admin" | "manager" | "auditor" | "customer" | "viewer" }, options?: CallOptions): Promise<ClientCreated>;
  /** List OAuth clients. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "name"; order?: "asc" | "desc"; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ClientDetail>>;
  /** Show an OAuth client. */
  read(clientId: string, options?: CallOptions): Promise<ClientDetail>;
  /** Show an OAuth client. */
  get(clientId: string, options?: CallOptions): Promise<ClientDetail>;
  /** Delete an OAuth client; its tokens stop at once. */
  delete(clientId: string, options?: CallOptions): Promise<string>;
  /** Give an OAuth client a new secret, which is shown only now. */
  rotateSecret(clientId: string, input?: { overlapHours?: number }, options?: CallOptions): Promise<SecretRotated>;
}

export interface ProjectsMembers {
  /** List a project's team. */
  list(projectId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "joined_at" | "role"; order?: "asc" | "desc"; role?: "manager" | "compliance_lead" | "team_member" | "auditor" | "viewer" }, options?: CallOptions): Promise<Page<NamedMember>>;
  /** Take an account into the team. */
  add(projectId: string, input: { userId: string; role: "manager" | "compliance_lead" | "team_member" | "auditor" | "viewer" }, options?: CallOptions): Promise<NamedMember>;
  /** Show a member of the team. */
  read(projectId: string, userId: string, options?: CallOptions): Promise<NamedMember>;
  /** Show a member of the team. */
  get(projectId: string, userId: string, options?: CallOptions): Promise<NamedMember>;
  /** Give a member another role. */
  update(projectId: string, userId: string, input: { role: "manager" | "compliance_lead" | "team_member" | "auditor" | "viewer" }, options?: CallOptions): Promise<NamedMember>;
  /** Take a member out of the team. */
  remove(projectId: string, userId: string, options?: CallOptions): Promise<string>;
}

export interface ProjectsMilestones {
  /** List a project's milestones. */
  list(projectId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "due_date" | "created_at" | "name"; order?: "asc" | "desc"; status?: "pending" | "in_progress" | "completed"; dueAfter?: string | Date; dueBefore?: string | Date; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<Milestone>>;
  /** Add a milestone. */
  create(projectId: string, input: { name: string; dueDate: string | Date; description?: string; status?: "pending" | "in_progress" | "completed" }, options?: CallOptions): Promise<Milestone>;
  /** Show a milestone. */
  read(projectId: string, milestoneId: string, options?: CallOptions): Promise<Milestone>;
  /** Show a milestone. */
  get(projectId: string, milestoneId: string, options?: CallOptions): Promise<Milestone>;
  /** Replace a milestone. */
  replace(projectId: string, milestoneId: string, input: { name: string; dueDate: string | Date; description?: string; status?: "pending" | "in_progress" | "completed" }, options?: CallOptions): Promise<Milestone>;
  /** Change a milestone. */
  update(projectId: string, milestoneId: string, input?: { name?: string; description?: string; dueDate?: string | Date; status?: "pending" | "in_progress" | "completed" }, options?: CallOptions): Promise<Milestone>;
  /** Delete a milestone. */
  delete(projectId: string, milestoneId: string, options?: CallOptions): Promise<string>;
}

export interface ProjectsControls {
  /** List the controls of a project. */
  list(projectId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "position" | "number" | "title" | "evidence_count" | "updated_at"; order?: "asc" | "desc"; status?: "not_started" | "in_progress" | "complete" | "not_applicable"; framework?: string; category?: string; priority?: "critical" | "high" | "medium" | "low"; ownerId?: string; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ProjectControl>>;
  /** Change many controls at once, with a result for each. */
  bulkUpdate(projectId: string, input: { controls: ReadonlyArray<Record<string, unknown>> }, options?: CallOptions): Promise<BulkControlResults>;
  /** Show a control of a project. */
  read(projectId: string, controlId: string, options?: CallOptions): Promise<ProjectControlDetail>;
  /** Show a control of a project. */
  get(projectId: string, controlId: string, options?: CallOptions): Promise<ProjectControlDetail>;
  /** Override a control's status, its applicability, owner and due date. */
  update(projectId: string, controlId: string, input?: { status?: "not_started" | "in_progress" | "complete" | null; applicable?: boolean; reason?: string; ownerId?: string | null; dueDate?: string | Date | null }, options?: CallOptions): Promise<ProjectControlDetail>;
}

export interface ProjectsFrameworks {
  /** List the frameworks of a project. */
  list(projectId: string, options?: CallOptions): Promise<AttachedFrameworks>;
  /** Assess a project against a further framework. */
  attach(projectId: string, input: { framework: string }, options?: CallOptions): Promise<AttachedFramework>;
  /** Show a framework of a project. */
  read(projectId: string, frameworkId: string, options?: CallOptions): Promise<AttachedFramework>;
  /** Show a framework of a project. */
  get(projectId: string, frameworkId: string, options?: CallOptions): Promise<AttachedFramework>;
  /** Assess a project against a framework no longer. */
  detach(projectId: string, frameworkId: string, input?: { discard?: boolean }, options?: CallOptions): Promise<string>;
}

export interface Projects {
  controls: ProjectsControls;
  frameworks: ProjectsFrameworks;
  members: ProjectsMembers;
  milestones: ProjectsMilestones;
  /** List the projects within reach. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "updated_at" | "name" | "compliance_score" | "status"; order?: "asc" | "desc"; status?: "active" | "inactive" | "archived"; framework?: string; createdAfter?: string | Date; createdBefore?: string | Date; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ProjectListItem>>;
  /** Create a project. */
  create(input: { name: string; framework: string; description?: string; frameworks?: ReadonlyArray<string>; teamMembers?: ReadonlyArray<Record<string, unknown>>; milestones?: ReadonlyArray<Record<string, unknown>> }, options?: CallOptions): Promise<Project>;
  /** Show a project with its team, controls and milestones. */
  read(projectId: string, options?: CallOptions): Promise<ProjectDetail>;
  /** Show a project with its team, controls and milestones. */
  get(projectId: string, options?: CallOptions): Promise<ProjectDetail>;
  /** Set a project's name, description and status. */
  replace(projectId: string, input: { name: string; description?: string; status?: "active" | "inactive" | "archived"; framework?: string }, options?: CallOptions): Promise<Project>;
  /** Change a project. */
  update(projectId: string, input?: { name?: string; description?: string; status?: "active" | "inactive" | "archived"; framework?: string }, options?: CallOptions): Promise<Project>;
  /** Delete a project with everything in it. */
  delete(projectId: string, options?: CallOptions): Promise<string>;
  /** List what happened in a project. */
  activity(projectId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "occurred_at"; order?: "asc" | "desc"; event?: string; actorId?: string; occurredAfter?: string | Date; occurredBefore?: string | Date }, options?: CallOptions): Promise<Page<ProjectActivity>>;
}

export interface EvidenceLinks {
  /** Add a link as evidence. */
  create(input: { title: string; projectId: string; url: string; description?: string; controlId?: string | null; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<EvidenceView>;
}

export interface EvidenceNotes {
  /** Add a note as evidence. */
  create(input: { title: string; projectId: string; text: string; description?: string; controlId?: string | null; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<EvidenceView>;
}

export interface EvidenceVersions {
  /** Add a link as a new version. */
  link(evidenceId: string, input: { url: string; comment?: string; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<AddedVersion>;
  /** Add a note as a new version. */
  note(evidenceId: string, input: { text: string; comment?: string; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<AddedVersion>;
  /** Upload a new version. */
  create(evidenceId: string, input: { file: Source; fileName?: string; comment?: string; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<AddedVersion>;
  /** List the versions of evidence. */
  list(evidenceId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "version" | "uploaded_at"; order?: "asc" | "desc" }, options?: CallOptions): Promise<Page<ListedVersion>>;
}

export interface EvidenceBulk {
  /** Add tags to many pieces of evidence and remove others. */
  tags(input: { evidenceIds: ReadonlyArray<string>; add?: ReadonlyArray<string>; remove?: ReadonlyArray<string> }, options?: CallOptions): Promise<BulkResults>;
  /** Link many pieces of evidence to controls and unlink them from others. */
  controls(input: { evidenceIds: ReadonlyArray<string>; link?: ReadonlyArray<string>; unlink?: ReadonlyArray<string> }, options?: CallOptions): Promise<BulkResults>;
}

export interface EvidenceReviews {
  /** Review evidence. */
  create(evidenceId: string, input: { decision: "approve" | "reject" | "request_changes"; score?: number | null; comment?: string; version?: number | null }, options?: CallOptions): Promise<AddedReview>;
  /** List the reviews of evidence. */
  list(evidenceId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at"; order?: "asc" | "desc" }, options?: CallOptions): Promise<Page<ListedReview>>;
}

export interface Evidence {
  bulk: EvidenceBulk;
  links: EvidenceLinks;
  notes: EvidenceNotes;
  reviews: EvidenceReviews;
  versions: EvidenceVersions;
  /** List evidence. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "uploaded_at" | "created_at" | "title" | "quality_score" | "file_size"; order?: "asc" | "desc"; projectId?: string; controlId?: string; status?: "pending" | "in_review" | "approved" | "rejected"; tag?: string; kind?: "file" | "link" | "note"; uploadedBy?: string; expiresAfter?: string | Date; expiresBefore?: string | Date; createdAfter?: string | Date; createdBefore?: string | Date; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<EvidenceView>>;
  /** Upload evidence. */
  upload(input: { file: Source; fileName?: string; title: string; projectId: string; description?: string; controlId?: string | null; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<EvidenceView>;
  /** Upload evidence. */
  create(input: { file: Source; fileName?: string; title: string; projectId: string; description?: string; controlId?: string | null; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null }, options?: CallOptions): Promise<EvidenceView>;
  /** Show a piece of evidence. */
  read(evidenceId: string, options?: CallOptions): Promise<EvidenceView>;
  /** Show a piece of evidence. */
  get(evidenceId: string, options?: CallOptions): Promise<EvidenceView>;
  /** Replace what people say of evidence. */
  replace(evidenceId: string, input: { title: string; description?: string; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null; status?: "pending" | "in_review" }, options?: CallOptions): Promise<EvidenceView>;
  /** Change what people say of evidence. */
  update(evidenceId: string, input?: { title?: string; description?: string; tags?: ReadonlyArray<string>; periodStart?: string | Date | null; periodEnd?: string | Date | null; validUntil?: string | Date | null; status?: "pending" | "in_review" }, options?: CallOptions): Promise<EvidenceView>;
  /** Delete evidence. */
  delete(evidenceId: string, options?: CallOptions): Promise<string>;
  /** Let evidence serve a control. */
  link(evidenceId: string, controlId: string, options?: CallOptions): Promise<EvidenceView>;
  /** Let evidence serve a control no longer. */
  unlink(evidenceId: string, controlId: string, options?: CallOptions): Promise<string>;
  /** Search evidence. */
  search(input: { page?: number; limit?: number; cursor?: string; sort?: "relevance"; order?: "desc"; q: string; projectId?: string; controlId?: string; status?: "pending" | "in_review" | "approved" | "rejected"; tag?: string; kind?: "file" | "link" | "note"; uploadedBy?: string; expiresAfter?: string | Date; expiresBefore?: string | Date; createdAfter?: string | Date; createdBefore?: string | Date }, options?: CallOptions): Promise<Page<FoundEvidence>>;
  /** Show the quality of evidence. */
  quality(evidenceId: string, options?: CallOptions): Promise<QualityView>;
  /** Analyse the quality of evidence again. */
  analyse(evidenceId: string, options?: CallOptions): Promise<JobState>;
  /** Download the file of evidence. */
  file(evidenceId: string, input?: { version?: number | null }, options?: CallOptions): Promise<Download>;
  /** Download the file of evidence. */
  download(evidenceId: string, input?: { version?: number | null }, options?: CallOptions): Promise<Download>;
}

export interface ComplianceFrameworks {
  /** List frameworks. */
  (options?: CallOptions): Promise<FrameworkList>;
  /** Import a framework: Studio YAML or JSON, an OSCAL catalogue or profile, or CSV. */
  import(input: { content: string | Uint8Array | Blob; contentType?: "multipart/form-data" | "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" | "text/csv"; id?: string; name?: string; version?: string; columns?: string; catalog?: string }, options?: CallOptions): Promise<ImportedFramework>;
  /** Remove an imported framework. */
  delete(frameworkId: string, options?: CallOptions): Promise<string>;
  /** Upgrade an imported framework in all projects, or preview that. */
  upgrade(frameworkId: string, input: { content: string | Uint8Array | Blob; contentType?: "multipart/form-data" | "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" | "text/csv"; name?: string; version?: string; columns?: string; catalog?: string; preview?: boolean; byLikeness?: boolean }, options?: CallOptions): Promise<FrameworkUpgrade>;
  /** Go back to the version before the last upgrade, or preview that. */
  rollback(frameworkId: string, input?: { preview?: boolean }, options?: CallOptions): Promise<FrameworkUpgrade>;
  /** List the versions of an imported framework. */
  versions(frameworkId: string, options?: CallOptions): Promise<FrameworkVersions>;
  /** Export a framework as Studio YAML or JSON, an OSCAL catalogue, or CSV. */
  export(frameworkId: string, input?: { format?: "yaml" | "json" | "oscal" | "csv" }, options?: CallOptions): Promise<string>;
}

export interface ComplianceGraph {
  /** Show what is around a node of the graph. */
  (input: { node: string; depth?: number }, options?: CallOptions): Promise<AroundShown>;
  /** Tell what losing a piece of evidence would mean. */
  impact(input: { evidenceId: string }, options?: CallOptions): Promise<ImpactShown>;
  /** Find the shortest way by mappings between frameworks or controls. */
  path(input: { to: string; from: string }, options?: CallOptions): Promise<PathShown>;
  /** Find who knows about a control. */
  experts(input: { controlId: string }, options?: CallOptions): Promise<ExpertsShown>;
  /** Find what hangs loose in a project. */
  orphans(input: { projectId: string }, options?: CallOptions): Promise<OrphansShown>;
}

export interface ComplianceReports {
  /** Have a report or an audit pack made in the background. */
  create(input: { projectId: string; kind?: "summary" | "gap" | "soa" | "ssp" | "audit-pack"; format?: "html" | "pdf" | "csv" | "json" | "oscal" | "zip" }, options?: CallOptions): Promise<ReportShown>;
  /** Show a report that is made in the background. */
  read(reportId: string, options?: CallOptions): Promise<ReportShown>;
  /** Show a report that is made in the background. */
  get(reportId: string, options?: CallOptions): Promise<ReportShown>;
  /** Download a report that was made in the background. */
  file(reportId: string, options?: CallOptions): Promise<Download>;
}

export interface Compliance {
  frameworks: ComplianceFrameworks;
  graph: ComplianceGraph;
  reports: ComplianceReports;
  /** Show a framework. */
  framework(frameworkId: string, options?: CallOptions): Promise<FrameworkDetail>;
  /** Show the compliance score. */
  score(input: { projectId: string; explain?: boolean }, options?: CallOptions): Promise<ScoreShown>;
  /** List gaps. */
  gaps(input: { projectId: string; severity?: "critical" | "moderate" | "minor" }, options?: CallOptions): Promise<GapList>;
  /** Show the score over time. */
  trends(input: { projectId: string; period?: "7d" | "30d" | "90d" }, options?: CallOptions): Promise<TrendShown>;
  /** Apply a project's evidence to another framework. */
  projection(input: { projectId: string; framework: string }, options?: CallOptions): Promise<ProjectionShown>;
  /** List mappings between controls. */
  mappings(input?: { to?: string; controlId?: string; transitive?: boolean; from?: string }, options?: CallOptions): Promise<MappingList>;
  /** Report on a project: summary, gaps, Statement of Applicability, OSCAL. */
  report(input: { projectId: string; kind?: "summary" | "gap" | "soa" | "ssp" | "audit-pack"; format?: "html" | "pdf" | "csv" | "json" | "oscal" | "zip" }, options?: CallOptions): Promise<string>;
  /** The JSON Schema of Studio's form of a framework. */
  frameworkSchema(options?: CallOptions): Promise<unknown>;
}

export interface AiPolicies {
  /** List the policies that can be drafted. */
  kinds(options?: CallOptions): Promise<PolicyKinds>;
  /** Make a document of a policy. */
  export(input: { title: string; content: string; format?: "markdown" | "html" | "docx" }, options?: CallOptions): Promise<Download>;
  /** Save a policy as evidence. */
  save(input: { title: string; content: string; projectId: string; format?: "markdown" | "docx"; controlId?: string }, options?: CallOptions): Promise<SavedEvidence>;
}

export interface AiProposals {
  /** List proposals. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "proposed_at"; order?: "asc" | "desc"; projectId?: string; state?: "proposed" | "confirmed" | "discarded" }, options?: CallOptions): Promise<Page<Proposal>>;
  /** Show a proposal. */
  read(proposalId: string, options?: CallOptions): Promise<ProposalShown>;
  /** Show a proposal. */
  get(proposalId: string, options?: CallOptions): Promise<ProposalShown>;
  /** Make a proposal evidence. */
  confirm(proposalId: string, input?: { format?: "markdown" | "docx" }, options?: CallOptions): Promise<ProposalShown>;
  /** Turn a proposal down. */
  discard(proposalId: string, options?: CallOptions): Promise<ProposalShown>;
}

export interface AiConversations {
  /** List one's conversations. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "updated_at" | "created_at"; order?: "asc" | "desc"; projectId?: string; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<ConversationView>>;
  /** Show a conversation. */
  read(conversationId: string, options?: CallOptions): Promise<ConversationShown>;
  /** Show a conversation. */
  get(conversationId: string, options?: CallOptions): Promise<ConversationShown>;
  /** Delete a conversation. */
  delete(conversationId: string, options?: CallOptions): Promise<string>;
}

export interface Ai {
  conversations: AiConversations;
  policies: AiPolicies;
  proposals: AiProposals;
  /** Ask the assistant. */
  chat(input: { message: string; context?: Record<string, unknown>; conversationId?: string; provider?: string }, options?: CallOptions): Promise<ChatAnswer>;
  chatStream(input: { message: string; context?: Record<string, unknown>; conversationId?: string; provider?: string }, options?: CallOptions): AsyncIterable<ServerEvent>;
  /** Search the text of evidence. */
  search(input: { projectId: string; query: string; evidenceId?: string; limit?: number }, options?: CallOptions): Promise<SearchAnswer>;
  /** Hold evidence against what its controls expect. */
  analyzeEvidence(evidenceId: string, input?: { provider?: string }, options?: CallOptions): Promise<EvidenceAnalysis>;
  /** Look for evidence at hand that may close gaps. */
  analyzeGaps(input: { projectId: string; limit?: number }, options?: CallOptions): Promise<GapAnalysis>;
  /** List AI providers. */
  providers(options?: CallOptions): Promise<ProviderList>;
  /** Show what one used of providers today. */
  usage(options?: CallOptions): Promise<UsageShown>;
  /** Draft a policy. */
  generatePolicy(input: { type: string; companyName: string; framework?: string; controlId?: string; industry?: string; provider?: string }, options?: CallOptions): Promise<PolicyDraft>;
}

export interface Webhooks {
  /** Create a webhook. */
  create(input: { url: string; events: ReadonlyArray<string>; secret?: string; active?: boolean; description?: string; projectId?: string }, options?: CallOptions): Promise<WebhookCreated>;
  /** List webhooks. */
  list(input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "updated_at" | "url"; order?: "asc" | "desc"; active?: "true" | "false"; project?: string; createdAfter?: string | Date; createdBefore?: string | Date; search?: string; searchFields?: string }, options?: CallOptions): Promise<Page<WebhookShown>>;
  /** Show a webhook. */
  read(webhookId: string, options?: CallOptions): Promise<WebhookShown>;
  /** Show a webhook. */
  get(webhookId: string, options?: CallOptions): Promise<WebhookShown>;
  /** Replace a webhook. */
  replace(webhookId: string, input: { url: string; events: ReadonlyArray<string>; secret?: string; active?: boolean; description?: string; projectId?: string }, options?: CallOptions): Promise<WebhookShown>;
  /** Change a webhook. */
  update(webhookId: string, input?: { url?: string; events?: ReadonlyArray<string>; secret?: string; active?: boolean; description?: string; projectId?: string }, options?: CallOptions): Promise<WebhookShown>;
  /** Delete a webhook. */
  delete(webhookId: string, options?: CallOptions): Promise<string>;
  /** Replace a webhook's secret. */
  rotateSecret(webhookId: string, options?: CallOptions): Promise<SecretRotated1>;
  /** Show the event catalogue. */
  events(options?: CallOptions): Promise<EventCatalogue>;
  /** Send a test event to a webhook. */
  test(webhookId: string, options?: CallOptions): Promise<DeliveryShown>;
  /** List a webhook's deliveries. */
  deliveries(webhookId: string, input?: { page?: number; limit?: number; cursor?: string; sort?: "created_at" | "updated_at"; order?: "asc" | "desc"; state?: "pending" | "succeeded" | "failed" | "exhausted"; event?: string; project?: string; resource?: string; createdAfter?: string | Date; createdBefore?: string | Date }, options?: CallOptions): Promise<Page<DeliveryShown>>;
  /** Show a delivery and its attempts. */
  delivery(deliveryId: string, options?: CallOptions): Promise<DeliveryDetail>;
  /** Send a delivery again. */
  replay(deliveryId: string, options?: CallOptions): Promise<DeliveryShown>;
  /** Send the deliveries of a span of time again. */
  replaySpan(webhookId: string, input: { since: string | Date; until?: string | Date; states?: ReadonlyArray<"succeeded" | "failed" | "exhausted">; missed?: boolean }, options?: CallOptions): Promise<ReplayStarted>;
}

export interface Operations {
  account: Account;
  ai: Ai;
  api_keys: ApiKeys;
  applications: Applications;
  audit: Audit;
  auth: Auth;
  compliance: Compliance;
  evidence: Evidence;
  jobs: Jobs;
  oauth: Oauth;
  oauth_clients: OauthClients;
  password: Password;
  plugins: Plugins;
  projects: Projects;
  second_factor: SecondFactor;
  sessions: Sessions;
  users: Users;
  webhooks: Webhooks;
  /** Whether the process lives. */
  health(options?: CallOptions): Promise<unknown>;
  /** Whether requests can be served, storage by storage. */
  ready(options?: CallOptions): Promise<unknown>;
  /** Prometheus metrics. */
  metrics(options?: CallOptions): Promise<string>;
  /** The OpenAPI 3.1 document. */
  openapi(options?: CallOptions): Promise<OpenApiDocument>;
}

export interface AddedReview {
  id: string;
  evidence_id: string;
  version: number;
  reviewer_id: string;
  decision: "approve" | "reject" | "request_changes";
  score: number | null;
  comment: string;
  created_at: string;
  status: string;
  expires_at: string | null;
}

export interface AddedVersion {
  id: string;
  evidence_id: string;
  version: number;
  file_name: string;
  file_size: number;
  content_type: string;
  sha256: string;
  uploaded_by: string;
  uploaded_at: string;
  kind: "file" | "link" | "note";
  url: string | null;
  comment: string;
  period_start: string | null;
  period_end: string | null;
  valid_until: string | null;
  status: string;
}

export interface AffectedProjects {
  following: number;
  archived: number;
  names: Array<string>;
}

export interface ApiKeyCreated {
  id: string;
  name: string;
  description: string;
  prefix: string;
  scopes: Array<string>;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  client_id: string | null;
  api_key: string;
}

export interface ApiKeyDetail {
  id: string;
  name: string;
  description: string;
  prefix: string;
  scopes: Array<string>;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  client_id: string | null;
}

export interface ApplicationDetail {
  client_id: string;
  name: string;
  scopes: Array<string>;
  created_at: string;
  updated_at: string;
}

export interface AroundShown {
  node: string;
  depth: number;
  nodes: Array<NodeShown>;
  edges: Array<EdgeShown>;
  truncated: boolean;
}

export interface AttachedFramework {
  id: string;
  name: string;
  primary: boolean;
  attached_at: string;
  controls: number;
}

export interface AttachedFrameworks {
  frameworks: Array<AttachedFramework>;
}

export interface AttemptShown {
  number: number;
  at: string;
  milliseconds: number;
  status: number | null;
  error: string | null;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor_kind: string;
  actor_id: string;
  user_id: string;
  action: string;
  resource_id: string;
  project_id: string;
  address: string;
  method: string;
  path: string;
  status: number;
  request_id: string;
  seal: number | null;
}

export interface AuditSeal {
  number: number;
  hash: string;
  sealed_at: string;
  entries: number;
  key_id: string;
}

export interface AuditSealState {
  seal: AuditSeal | null;
  unsealed: number;
  unsealed_since: string | null;
  unsealed_seconds: number;
  public_keys: Array<string>;
}

export interface BulkControlResult {
  id: string;
  ok: boolean;
  control?: ProjectControl;
  error?: ItemRefusal;
}

export interface BulkControlResults {
  changed: number;
  failed: number;
  results: Array<BulkControlResult>;
}

export interface BulkResult {
  id: string;
  ok: boolean;
  changed: boolean;
  evidence?: EvidenceView;
  error?: ItemRefusal1;
}

export interface BulkResults {
  changed: number;
  failed: number;
  results: Array<BulkResult>;
}

export interface CategoryShown {
  id: string;
  title: string;
  description: string;
}

export interface ChangeShown {
  kind: "approve_evidence" | "renew_evidence" | "change_override" | "complete_milestone" | "improve_evidence" | "provide_evidence";
  id: string;
  title: string;
  control: ControlNamed | null;
  assumed_quality: number | null;
  score_after: number;
  gain: number;
  also_moves: Array<ControlNamed>;
}

export interface ChangeShown1 {
  kind: string;
  before: Array<string>;
  after: Array<string>;
  title: string;
  matched_by: string | null;
  fields: Array<string>;
  likeness: number | null;
}

export interface ChangeSummary {
  added: number;
  changed: number;
  moved: number;
  split: number;
  merged: number;
  removed: number;
  unchanged: number;
}

export interface ChatAnswer {
  message: string;
  context: ChatSubject;
  suggestions: Array<Suggestion>;
  citations: Array<Citation>;
  provider: string;
  fallback: boolean;
  fallback_reason: string | null;
  tools: Array<ToolUsed>;
  conversation_id: string;
  message_id: string;
}

export interface ChatSubject {
  framework: string | null;
  control: string | null;
  control_title: string | null;
}

export interface Citation {
  id: string;
  kind: string;
  title: string;
  evidence_id: string | null;
  quote: string | null;
}

export interface CitedPassage {
  id: string;
  evidence_id: string;
  title: string;
  heading: string;
  quote: string;
  score: number;
}

export interface ClientCreated {
  id: string;
  client_id: string;
  name: string;
  confidential: boolean;
  redirect_uris: Array<string>;
  grant_types: Array<string>;
  scopes: Array<string>;
  role: string;
  created_by: string;
  created_at: string;
  client_secret: string | null;
}

export interface ClientDetail {
  id: string;
  client_id: string;
  name: string;
  confidential: boolean;
  redirect_uris: Array<string>;
  grant_types: Array<string>;
  scopes: Array<string>;
  role: string;
  created_by: string;
  created_at: string;
}

export interface ControlDetail {
  id: string;
  number: string;
  title: string;
  category: string;
  description: string;
  priority: "critical" | "high" | "medium" | "low";
  renewal_days: number;
  expected_evidence: Array<ExpectedEvidenceShown>;
  references: Array<string>;
}

export interface ControlNamed {
  control_id: string;
  framework: string;
  number: string;
}

export interface ControlOverride {
  status: "not_started" | "in_progress" | "complete";
  reason: string;
  by: string;
  at: string;
}

export interface ControlShown {
  id: string;
  number: string;
  title: string;
  category: string;
}

export interface ConversationMessage {
  id: string;
  role: "user" | "assistant";
  message: string;
  created_at: string;
  citations?: Array<Citation>;
  provider?: string;
  fallback?: boolean;
  fallback_reason?: string | null;
  controls?: Array<string>;
}

export interface ConversationShown {
  id: string;
  title: string;
  project_id: string | null;
  messages: number;
  created_at: string;
  updated_at: string;
  history: Array<ConversationMessage>;
}

export interface ConversationView {
  id: string;
  title: string;
  project_id: string | null;
  messages: number;
  created_at: string;
  updated_at: string;
}

export interface Coverage {
  total: number;
  complete: number;
  in_progress: number;
  not_started: number;
  not_applicable: number;
}

export interface CoverageShown {
  value: number;
  controls_with_evidence: number;
  applicable_controls: number;
}

export interface DeliveryDetail {
  id: string;
  webhook_id: string;
  event_id: string;
  event: string;
  resource_id: string;
  project_id: string;
  message_id: string;
  state: "pending" | "succeeded" | "failed" | "exhausted";
  attempts: number;
  response_status: number | null;
  response_body: string | null;
  error: string | null;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
  history: Array<AttemptShown>;
}

export interface DeliveryShown {
  id: string;
  webhook_id: string;
  event_id: string;
  event: string;
  resource_id: string;
  project_id: string;
  message_id: string;
  state: "pending" | "succeeded" | "failed" | "exhausted";
  attempts: number;
  response_status: number | null;
  response_body: string | null;
  error: string | null;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface EdgeShown {
  kind: "MEMBER_OF" | "INCLUDES" | "HAS_EVIDENCE" | "UPLOADED" | "REVIEWED" | "MAPPED_TO" | "TAGGED";
  source: string;
  target: string;
  properties: Record<string, unknown>;
}

export interface ErasureStarted {
  job_id: string;
}

export interface EventCatalogue {
  events: Array<EventEntry>;
}

export interface EventEntry {
  name: string;
  version: number;
  summary: string;
  schema: Record<string, unknown>;
  example: Record<string, unknown>;
}

export interface EvidenceAnalysis {
  evidence_id: string;
  project_id: string;
  version: number;
  base_score: number | null;
  score: number | null;
  moved: number;
  summary: string;
  expectations: Array<Expectation>;
  provider: string;
  model: string;
  kept: boolean;
  fallback: boolean;
  fallback_reason: string | null;
}

export interface EvidenceQualityShown {
  total: number;
  high_quality: number;
  good_quality: number;
  needs_improvement: number;
}

export interface EvidenceView {
  id: string;
  title: string;
  description: string;
  file_name: string;
  file_size: number;
  content_type: string;
  control_id: string | null;
  project_id: string;
  uploaded_by: string;
  uploaded_at: string;
  quality_score: number;
  status: "pending" | "in_review" | "approved" | "rejected";
  tags: Array<string>;
  control_ids: Array<string>;
  version: number;
  sha256: string;
  updated_at: string;
  approved_at: string | null;
  expires_at: string | null;
  is_current: boolean;
  period_start: string | null;
  period_end: string | null;
  valid_until: string | null;
  kind: "file" | "link" | "note";
  url: string | null;
}

export interface Expectation {
  control_id: string;
  control: string;
  expected: string;
  shown: boolean;
  reason: string;
  passages: Array<CitedPassage>;
}

export interface ExpectedEvidenceShown {
  title: string;
  description: string;
}

export interface ExpertShown {
  user_id: string;
  name: string;
  uploaded: number;
  reviewed: number;
  last_at: string;
  projects: Array<string>;
}

export interface ExpertsShown {
  control_id: string;
  experts: Array<ExpertShown>;
}

export interface Explanation {
  started: boolean;
  exact_score: number;
  parts: Array<PartShown>;
  priority_weights: Record<string, number>;
  severity_points: Record<string, number>;
  changes: Array<ChangeShown>;
}

export interface ExportedOf {
  account: string;
  exported_at: string;
  platform: string;
}

export interface FactorBegun {
  secret: string;
  uri: string;
}

export interface FactorStatus {
  enabled: boolean;
  required: boolean;
  enabled_at: string | null;
  recovery_codes_left: number;
}

export interface FoundEvidence {
  id: string;
  title: string;
  description: string;
  file_name: string;
  file_size: number;
  content_type: string;
  control_id: string | null;
  project_id: string;
  uploaded_by: string;
  uploaded_at: string;
  quality_score: number;
  status: "pending" | "in_review" | "approved" | "rejected";
  tags: Array<string>;
  control_ids: Array<string>;
  version: number;
  sha256: string;
  updated_at: string;
  approved_at: string | null;
  expires_at: string | null;
  is_current: boolean;
  period_start: string | null;
  period_end: string | null;
  valid_until: string | null;
  kind: "file" | "link" | "note";
  url: string | null;
  matches: Array<SearchMatch>;
}

export interface FrameworkDetail {
  id: string;
  name: string;
  description: string;
  version: string;
  publisher: string;
  categories: Array<CategoryShown>;
  controls: Array<ControlDetail>;
}

export interface FrameworkList {
  frameworks: Array<FrameworkShown>;
}

export interface FrameworkShown {
  id: string;
  name: string;
  description: string;
  version: string;
  publisher: string;
  categories: Array<CategoryShown>;
  controls: Array<ControlShown>;
}

export interface FrameworkUpgrade {
  id: string;
  applied: boolean;
  revision: number;
  from_version: string;
  to_version: string;
  summary: ChangeSummary;
  changes: Array<ChangeShown1>;
  projects: AffectedProjects;
}

export interface FrameworkVersion {
  revision: number;
  previous: number | null;
  version: string;
  format: string;
  controls: number;
  imported_by: string;
  imported_at: string;
  current: boolean;
}

export interface FrameworkVersions {
  versions: Array<FrameworkVersion>;
}

export interface FreshnessShown {
  value: number;
  current: number;
  expired: number;
  expiring_in_30_days: number;
}

export interface GapAnalysed {
  control_id: string;
  framework: string;
  number: string;
  title: string;
  severity: string;
  status: string;
  missing: Array<string>;
  candidates: Array<CitedPassage>;
  next_step: string;
  suggestions: Array<Suggestion>;
}

export interface GapAnalysis {
  project_id: string;
  total: number;
  gaps: Array<GapAnalysed>;
}

export interface GapList {
  project_id: string;
  gaps: Array<GapShown>;
  summary: GapSummary;
}

export interface GapShown {
  control_id: string;
  framework: string;
  number: string;
  title: string;
  category: string;
  priority: string;
  status: string;
  severity: string;
  missing: Array<string>;
  via: Array<MappedFromShown>;
}

export interface GapSummary {
  total: number;
  critical: number;
  moderate: number;
  minor: number;
}

export interface ImpactControl {
  control_id: string;
  framework: string;
  number: string;
  title: string;
  by: "evidence" | "mapping";
  status_before: string;
  status_after: string;
}

export interface ImpactFramework {
  framework: string;
  controls: number;
  coverage_before: number;
  coverage_after: number;
}

export interface ImpactProject {
  project_id: string;
  name: string;
  score_before: number;
  score_after: number;
}

export interface ImpactShown {
  evidence_id: string;
  title: string;
  counts_now: boolean;
  controls: Array<ImpactControl>;
  projects: Array<ImpactProject>;
  frameworks: Array<ImpactFramework>;
}

export interface ImportedFramework {
  id: string;
  name: string;
  version: string;
  controls: number;
  format: "studio" | "oscal-catalog" | "oscal-profile" | "csv";
  revision: number;
}

export interface Introspection {
  active: boolean;
  scope?: string;
  client_id?: string;
  token_type?: string;
  sub?: string;
  iss?: string;
  aud?: string;
  jti?: string;
  iat?: number;
  exp?: number;
}

export interface ItemRefusal {
  code: string;
  message: string;
  details: Record<string, unknown>;
}

export interface ItemRefusal1 {
  code: string;
  message: string;
  details: Record<string, unknown>;
}

export interface JobState {
  id: string;
  kind: string;
  state: "queued" | "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  progress: number;
  attempts: number;
  result?: unknown;
  error?: string | null;
  owner_id: string;
  project_id: string;
  run_at: string;
  created_at: string;
  updated_at: string;
}

export interface JsonWebKeySet {
  keys: Array<Record<string, unknown>>;
}

export interface ListedReview {
  id: string;
  evidence_id: string;
  version: number;
  reviewer_id: string;
  decision: "approve" | "reject" | "request_changes";
  score: number | null;
  comment: string;
  created_at: string;
  reviewer_name: string;
}

export interface ListedVersion {
  id: string;
  evidence_id: string;
  version: number;
  file_name: string;
  file_size: number;
  content_type: string;
  sha256: string;
  uploaded_by: string;
  uploaded_at: string;
  kind: "file" | "link" | "note";
  url: string | null;
  comment: string;
  period_start: string | null;
  period_end: string | null;
  valid_until: string | null;
  uploaded_by_name: string;
}

export interface LoggedInUser {
  id: string;
  email: string;
  name: string;
  role: string;
}

export interface LoginAnswer {
  user: LoggedInUser;
  tokens: Tokens;
  second_factor: "off" | "on" | "enrolment_required";
  temporary_until: string | null;
}

export interface MappedFrom {
  control_id: string;
  framework: string;
  number: string;
  relation: string;
  counts: string;
  path: Array<string>;
}

export interface MappedFromShown {
  control_id: string;
  framework: string;
  number: string;
  relation: "equal" | "superset" | "subset" | "intersects";
  counts: "full" | "partial";
  path: Array<string>;
}

export interface MappingEnd {
  control_id: string;
  framework: string;
  number: string;
  title: string;
}

export interface MappingList {
  mappings: Array<MappingShown>;
  total: number;
}

export interface MappingShown {
  to: MappingEnd;
  relation: "equal" | "superset" | "subset" | "intersects";
  counts: "full" | "partial";
  path: Array<MappingStep>;
  from: MappingEnd;
}

export interface MappingStep {
  control_id: string;
  framework: string;
  number: string;
  relation: "equal" | "superset" | "subset" | "intersects";
  rationale: string;
  source: string;
}

export interface Milestone {
  id: string;
  name: string;
  description: string;
  due_date: string;
  status: "pending" | "in_progress" | "completed";
  overdue: boolean;
  created_at: string;
  updated_at: string;
}

export interface NamedMember {
  user_id: string;
  role: "manager" | "compliance_lead" | "team_member" | "auditor" | "viewer";
  joined_at: string;
  name: string;
}

export interface NodeShown {
  id: string;
  label: "User" | "Project" | "Framework" | "Control" | "Evidence" | "Tag";
  properties: Record<string, unknown>;
}

export interface OpenApiDocument {
  openapi: string;
  info: Record<string, unknown>;
  paths: Record<string, unknown>;
}

export interface OrphansShown {
  project_id: string;
  evidence_without_control: Array<NodeShown>;
  controls_without_evidence: Array<NodeShown>;
  members_without_evidence: Array<NodeShown>;
}

export interface PartShown {
  name: string;
  value: number;
  weight: number;
  contribution: number;
  inputs: Record<string, number>;
}

export interface PassageShown {
  id: string;
  evidence_id: string;
  title: string;
  version: number;
  heading: string;
  place: string;
  start: number;
  end: number;
  text: string;
  score: number;
  matched_by: Array<string>;
}

export interface PasswordResetToken {
  reset_token: string;
  expires_at: string;
  page: string;
}

export interface PathShown {
  to: string;
  found: boolean;
  controls: Array<NodeShown>;
  steps: Array<MappingStep>;
  relation: string | null;
  counts: "full" | "partial" | "none";
  from: string;
}

export interface PersonalDocument {
  about: ExportedOf;
  data: Record<string, unknown>;
}

export interface PluginEntry {
  name: string;
  version: string;
  summary: string;
  distribution: string;
  built_in: boolean;
  state: "active" | "disabled" | "left out";
  reason: string;
  requires: Array<string>;
  operations: number;
}

export interface PluginList {
  plugins: Array<PluginEntry>;
}

export interface PolicyDraft {
  title: string;
  content: string;
  format: string;
  generated_at: string;
  quality_score: number;
  quality: Array<QualityCheck1>;
  type: string;
  provider: string;
  fallback: boolean;
  fallback_reason: string | null;
}

export interface PolicyKind {
  id: string;
  title: string;
  summary: string;
  serves: Array<string>;
}

export interface PolicyKinds {
  policies: Array<PolicyKind>;
}

export interface Preferences {
  theme?: "light" | "dark" | "system";
  language?: string;
  timezone?: string;
}

export interface Project {
  id: string;
  name: string;
  description: string;
  status: "active" | "inactive" | "archived";
  framework: string;
  compliance_score: number;
  created_at: string;
  updated_at: string;
}

export interface ProjectActivity {
  id: string;
  event: string;
  resource_id: string;
  actor_id: string;
  actor_name: string | null;
  occurred_at: string;
  request_id: string;
  data: unknown;
}

export interface ProjectControl {
  id: string;
  number: string;
  title: string;
  status: "not_started" | "in_progress" | "complete" | "not_applicable";
  evidence_count: number;
  framework: string;
  category: string;
  priority: "critical" | "high" | "medium" | "low";
  derived_status: "not_started" | "in_progress" | "complete";
  mapped_status: "not_started" | "in_progress" | "complete" | null;
  via: Array<MappedFrom>;
  override: ControlOverride | null;
  applicable: boolean;
  not_applicable_reason: string | null;
  not_applicable_by: string | null;
  not_applicable_at: string | null;
  owner_id: string | null;
  due_date: string | null;
  overdue: boolean;
  updated_at: string;
}

export interface ProjectControlDetail {
  id: string;
  number: string;
  title: string;
  status: "not_started" | "in_progress" | "complete" | "not_applicable";
  evidence_count: number;
  framework: string;
  category: string;
  priority: "critical" | "high" | "medium" | "low";
  derived_status: "not_started" | "in_progress" | "complete";
  mapped_status: "not_started" | "in_progress" | "complete" | null;
  via: Array<MappedFrom>;
  override: ControlOverride | null;
  applicable: boolean;
  not_applicable_reason: string | null;
  not_applicable_by: string | null;
  not_applicable_at: string | null;
  owner_id: string | null;
  due_date: string | null;
  overdue: boolean;
  updated_at: string;
  description: string;
  renewal_days: number | null;
  expected_evidence: Array<ProjectExpectedEvidence>;
}

export interface ProjectDetail {
  id: string;
  name: string;
  description: string;
  status: "active" | "inactive" | "archived";
  framework: string;
  compliance_score: number;
  created_at: string;
  updated_at: string;
  team_members: Array<TeamMember>;
  frameworks: Array<string>;
  controls: Array<ProjectControl>;
  milestones: Array<Milestone>;
}

export interface ProjectExpectedEvidence {
  title: string;
  description: string;
}

export interface ProjectListItem {
  id: string;
  name: string;
  description: string;
  status: "active" | "inactive" | "archived";
  framework: string;
  compliance_score: number;
  created_at: string;
  updated_at: string;
  team_members: Array<TeamMember>;
}

export interface ProjectedControl {
  control_id: string;
  number: string;
  title: string;
  category: string;
  priority: string;
  status: string;
  in_project: boolean;
  via: Array<MappedFromShown>;
}

export interface ProjectionShown {
  project_id: string;
  framework: string;
  projected_score: number;
  band: string;
  control_coverage: Coverage;
  coverage: CoverageShown;
  explanation: ScoreExplanation;
  controls: Array<ProjectedControl>;
}

export interface Proposal {
  id: string;
  project_id: string;
  control_id: string | null;
  kind: string;
  title: string;
  quality_score: number;
  state: "proposed" | "confirmed" | "discarded";
  proposed_by: string;
  proposed_at: string;
  decided_by: string | null;
  decided_at: string | null;
  evidence_id: string | null;
}

export interface ProposalShown {
  id: string;
  project_id: string;
  control_id: string | null;
  kind: string;
  title: string;
  quality_score: number;
  state: "proposed" | "confirmed" | "discarded";
  proposed_by: string;
  proposed_at: string;
  decided_by: string | null;
  decided_at: string | null;
  evidence_id: string | null;
  content: string;
}

export interface ProviderList {
  providers: Array<ProviderShown>;
}

export interface ProviderShown {
  id: string;
  title: string;
  needs_network: boolean;
  default: boolean;
}

export interface ProviderUse {
  provider: string;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  cost: number;
}

export interface QualityAnalysis {
  score: number;
  band: "excellent" | "good" | "acceptable" | "marginal" | "unacceptable";
  text_state: "extracted" | "no_text" | "unsupported" | "protected" | "damaged" | "too_costly";
  analyzed_at: string;
  parts: QualityParts;
  checks: Array<QualityCheck>;
}

export interface QualityCheck {
  id: string;
  part: "completeness" | "accuracy" | "currency" | "relevance";
  checked: string;
  points: number;
  possible: number;
  raise_by: string;
}

export interface QualityCheck1 {
  name: string;
  points: number;
  of: number;
  found: string;
}

export interface QualityParts {
  completeness: number;
  accuracy: number;
  currency: number;
  relevance: number;
}

export interface QualityRefinement {
  source: string;
  score: number;
  band: "excellent" | "good" | "acceptable" | "marginal" | "unacceptable";
  base_score: number;
  outdated: boolean;
  summary: string;
  provider: string;
  model: string;
  refined_at: string;
  citations: Array<RefinementCitation>;
}

export interface QualityView {
  evidence_id: string;
  version: number;
  quality_score: number;
  band: "excellent" | "good" | "acceptable" | "marginal" | "unacceptable" | null;
  source: "none" | "review" | "analysis";
  analyzed: boolean;
  message: string;
  review_score: number | null;
  analysis: QualityAnalysis | null;
  refinements: Array<QualityRefinement>;
}

export interface RecoveryCodes {
  recovery_codes: Array<string>;
}

export interface RefinementCitation {
  passage_id: string;
  place: string;
  quote: string;
}

export interface ReplayStarted {
  job_id: string;
  since: string;
  until: string;
  states: Array<string>;
  missed: boolean;
}

export interface ReportShown {
  id: string;
  project_id: string;
  kind: string;
  format: string;
  state: string;
  progress: number;
  job_id: string;
  link: string | null;
  file_name: string | null;
  size: number | null;
  sha256: string | null;
  created_by: string;
  created_at: string;
  expires_at: string;
}

export interface SavedEvidence {
  id: string;
  title: string;
  project_id: string;
  file_name: string;
  sha256: string;
}

export interface ScoreExplanation {
  started: boolean;
  exact_score: number;
  parts: Array<PartShown>;
}

export interface ScoreShown {
  project_id: string;
  overall_score: number;
  band: string;
  framework_scores: Record<string, number>;
  control_coverage: Coverage;
  evidence_quality: EvidenceQualityShown;
  coverage: CoverageShown;
  freshness: FreshnessShown;
  last_updated: string;
  explanation?: Explanation;
}

export interface SearchAnswer {
  project_id: string;
  results: Array<PassageShown>;
  ways: Array<string>;
}

export interface SearchMatch {
  field: "title" | "description" | "tags" | "url" | "file_name" | "text";
  place: string;
  page: number | null;
  snippet: Array<SnippetPart>;
}

export interface SecretRotated {
  id: string;
  client_id: string;
  name: string;
  confidential: boolean;
  redirect_uris: Array<string>;
  grant_types: Array<string>;
  scopes: Array<string>;
  role: string;
  created_by: string;
  created_at: string;
  client_secret: string | null;
  previous_secret_until: string | null;
}

export interface SecretRotated1 {
  id: string;
  url: string;
  events: Array<string>;
  active: boolean;
  description: string;
  owner_id: string;
  project_id: string;
  disabled_reason: string | null;
  failing_since: string | null;
  created_at: string;
  updated_at: string;
  secret: string;
  previous_secret_until: string;
}

export interface ServerMetadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  revocation_endpoint: string;
  introspection_endpoint: string;
  scopes_supported: Array<string>;
  response_types_supported: Array<string>;
  response_modes_supported: Array<string>;
  grant_types_supported: Array<string>;
  token_endpoint_auth_methods_supported: Array<string>;
  revocation_endpoint_auth_methods_supported: Array<string>;
  introspection_endpoint_auth_methods_supported: Array<string>;
  code_challenge_methods_supported: Array<string>;
  authorization_response_iss_parameter_supported: boolean;
  jwks_uri?: string;
}

export interface SessionDetail {
  id: string;
  kind: string;
  client_id: string | null;
  client_name: string | null;
  scopes: Array<string>;
  address: string;
  agent: string;
  current: boolean;
  created_at: string;
  last_used_at: string | null;
  expires_at: string;
}

export interface SnippetPart {
  text: string;
  match: boolean;
}

export interface SuggestedCall {
  method: string;
  path: string;
  body?: Record<string, string>;
}

export interface Suggestion {
  type: string;
  title: string;
  description: string;
  request: SuggestedCall;
}

export interface TeamMember {
  user_id: string;
  role: "manager" | "compliance_lead" | "team_member" | "auditor" | "viewer";
  joined_at: string;
}

export interface TokenAnswer {
  access_token: string;
  token_type: string;
  expires_in: number;
  scope: string;
  refresh_token?: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

export interface ToolUsed {
  name: string;
  failed: boolean;
}

export interface TrendPoint {
  date: string;
  overall_score: number;
  band: string;
  freshness: number;
  coverage: number;
  evidence_quality: number;
  risk: number;
  timeliness: number;
}

export interface TrendShown {
  project_id: string;
  period: string;
  points: Array<TrendPoint>;
  change: number;
}

export interface UsageShown {
  day: string;
  providers: Array<ProviderUse>;
  daily_tokens: number;
  daily_cost: number;
}

export interface UserDetail {
  id: string;
  email: string;
  name: string;
  role: string;
  status: string;
  created_at: string;
  updated_at: string;
  last_login: string | null;
  second_factor_at: string | null;
  temporary_until: string | null;
  preferences: Preferences;
}

export interface UserInList {
  id: string;
  email: string;
  name: string;
  role: string;
  status: string;
  created_at: string;
  updated_at: string;
  last_login: string | null;
  second_factor_at: string | null;
  temporary_until: string | null;
}

export interface WebhookCreated {
  id: string;
  url: string;
  events: Array<string>;
  active: boolean;
  description: string;
  owner_id: string;
  project_id: string;
  disabled_reason: string | null;
  failing_since: string | null;
  created_at: string;
  updated_at: string;
  secret: string;
}

export interface WebhookShown {
  id: string;
  url: string;
  events: Array<string>;
  active: boolean;
  description: string;
  owner_id: string;
  project_id: string;
  disabled_reason: string | null;
  failing_since: string | null;
  created_at: string;
  updated_at: string;
}
