"""Background jobs over HTTP: each for whoever started it, all for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from studio_kernel.errors import NotFound
from studio_kernel.http.listing import Filter, Listing, ListQuery, Sort
from studio_kernel.http.operations import Call, operation
from studio_kernel.http.schemas import Anything, Schema, Time
from studio_kernel.jobs import JOB_COLUMNS, STATES, job_shown
from studio_kernel.security.principal import Principal

if TYPE_CHECKING:
    from studio_kernel.app import Platform


class JobState(Schema):
    """A background job. ``progress`` is in percent; ``result`` depends on the kind; ``run_at`` is when it was due.

    ``waiting``: its turn comes after an earlier one's of the same resource. ``queued``: due, or to be tried again at
    ``run_at``.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    progress = fields.Integer(required=True)
    attempts = fields.Integer(required=True)
    result = Anything(allow_none=True)
    error = fields.String(allow_none=True)
    owner_id = fields.String(required=True)
    project_id = fields.String(required=True)
    run_at = Time(required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


JOB_LISTING = Listing(
    key="jobs",
    id_sql="id",
    sorts={"created_at": Sort("created_at")},
    filters={
        "state": Filter("state", choices=STATES, summary="Where the job stands."),
        "kind": Filter("kind", summary="Kind of work, such as webhooks.replay_span."),
        "created_after": Filter("created_at", "after", summary="Created after that moment."),
        "created_before": Filter("created_at", "before", summary="Created before that moment."),
    },
)
LIST_JOBS = ListQuery(JOB_LISTING, columns=JOB_COLUMNS, source="jobs")


class JobResource:
    """Responders for jobs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @operation(
        "jobs.list",
        "GET",
        "/api/v1/jobs",
        summary="List background jobs",
        permission="jobs:read",
        response=JobState,
        listing=JOB_LISTING,
    )
    def list(self, call: Call) -> dict[str, Any]:
        """Newest first; one's own, or all for administrators."""
        scope: list[str] = [] if call.principal.sees_everything else ["owner_id = :owner", "owner_id <> ''"]
        page = LIST_JOBS.run(self._platform.database, call.listing, scope=scope, owner=call.principal.user_id)
        return {"jobs": [job_shown(row) for row in page.rows], "pagination": page.pagination}

    @operation(
        "jobs.read",
        "GET",
        "/api/v1/jobs/{job_id}",
        summary="Show a background job",
        permission="jobs:read",
        response=JobState,
    )
    def read(self, call: Call) -> dict[str, Any]:
        """Only whoever started a job, and administrators, may know of it."""
        return self._seen(call.principal, call.path["job_id"])

    @operation(
        "jobs.cancel",
        "POST",
        "/api/v1/jobs/{job_id}/cancel",
        summary="Cancel a background job",
        permission="jobs:manage",
        response=JobState,
        description="One under way is told at its next look. 409 for one that has finished.",
    )
    def cancel(self, call: Call) -> dict[str, Any]:
        """The job, cancelled."""
        job_id = self._seen(call.principal, call.path["job_id"])["id"]
        self._platform.jobs.cancel(job_id)
        return self._platform.jobs.show(job_id)

    @operation(
        "jobs.retry",
        "POST",
        "/api/v1/jobs/{job_id}/retry",
        summary="Try a failed or cancelled background job again",
        permission="jobs:manage",
        response=JobState,
        description="From its first attempt. 409 for one that is neither failed nor cancelled.",
    )
    def retry(self, call: Call) -> dict[str, Any]:
        """The job, due again."""
        job_id = self._seen(call.principal, call.path["job_id"])["id"]
        self._platform.jobs.retry(job_id)
        return self._platform.jobs.show(job_id)

    def _seen(self, principal: Principal, job_id: str) -> dict[str, Any]:
        """The job, if the caller may know of it."""
        shown = self._platform.jobs.show(job_id)
        if not principal.sees_everything and (not shown["owner_id"] or shown["owner_id"] != principal.user_id):
            raise NotFound(f"There is no job {job_id}")
        return shown
