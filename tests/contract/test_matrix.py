"""Every operation by account role, project role and scope, held against the table of the product rules.

Operations are taken from the running declarations, so a new one is tested by itself: its permission must be a row of
the table, and it must act so. One platform, in process; each call is undone.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pyotp
import pytest
from marshmallow import fields

from studio_auth.api import Accounts
from studio_auth.service.second_factor import SecondFactors
from studio_auth.service.sessions import Sessions
from studio_kernel.http import schemas
from studio_kernel.http.dispatch import Dispatcher
from studio_kernel.http.idempotency import Idempotency
from studio_kernel.http.operations import Operation, UploadedFile
from studio_kernel.http.requests import Incoming
from studio_kernel.plugins import BUILT_IN
from studio_kernel.security.permissions import ACCOUNT_ROLES, PROJECT_ROLES, PUBLIC
from studio_kernel.security.principal import Principal

ADMINISTRATORS = {"super_admin", "admin"}
ANYONE = set(ACCOUNT_ROLES)

# The table "In a project" of the product rules, row by row.
TABLE = {
    "see everything in it": set(PROJECT_ROLES),
    "edit project, milestones, control state": {"manager", "compliance_lead"},
    "manage team": {"manager"},
    "upload evidence, new versions": {"manager", "compliance_lead", "team_member"},
    "review evidence": {"manager", "compliance_lead", "auditor"},
    "assign controls": {"manager", "compliance_lead"},
    "reports": {"manager", "compliance_lead", "auditor"},
    "delete project": {"manager"},
}
ROW_OF = {
    "projects:read": "see everything in it",
    "projects:update": "edit project, milestones, control state",
    "projects:milestones": "edit project, milestones, control state",
    "projects:controls": "assign controls",
    "projects:team": "manage team",
    "projects:delete": "delete project",
    "evidence:read": "see everything in it",
    "evidence:upload": "upload evidence, new versions",
    "evidence:update": "upload evidence, new versions",
    "evidence:review": "review evidence",
    "compliance:score": "see everything in it",
}
# What the rules leave to administrators, save for each account's own.
ADMINISTERED = {"users", "oauth_clients", "webhooks", "audit"}
# Rights outside projects that are held by others as well.
OTHERS = {"projects:create": ADMINISTRATORS | {"manager", "customer"}}
# Path parameters that name what belongs to one account: another's doesn't exist.
OWNED = {"user_id", "key_id", "session_id", "client_id", "job_id"}
SECRET = "A project that outsiders never hear of"


@dataclass(frozen=True)
class Person:
    """An account, and its role in the project's team (empty for an outsider)."""

    user_id: str
    role: str
    member: str

    def __str__(self) -> str:
        return f"{self.role}, {self.member or 'not'} in the team"


class Undone(Exception):
    """Takes everything back that a call has changed."""


class World:
    """One platform with one project that has everything, and accounts of every kind."""

    def __init__(self, studio: Any) -> None:
        self.studio = studio
        self.platform = studio.platform
        accounts = Accounts(self.platform)
        numbers = itertools.count(1)

        def account(role: str) -> str:
            return accounts.create(f"p{next(numbers)}@example.org", f"Person of {role}", role)

        self.target = account("customer")
        self._enrol(self.target)
        joining = [
            Person(account(role), role, member)
            for role in ACCOUNT_ROLES
            if role not in ADMINISTRATORS
            for member in PROJECT_ROLES
        ]
        self.people = [*(Person(account(role), role, "") for role in ACCOUNT_ROLES), *joining]
        self.values = self._fill(joining)
        # What happened reaches the graph and the indexes in the background.
        studio.run_jobs()
        self._taken: dict[str, bool] = {}
        kernel = self.platform.settings.kernel
        self.dispatcher = Dispatcher(
            database=self.platform.database,
            permissions=self.platform.permissions,
            credentials=self.platform.credentials,
            limiter=self.platform.limiter,
            audit=self.platform.audit,
            metrics=self.platform.metrics,
            idempotency=Idempotency(
                self.platform.database,
                self.platform.clock,
                self.platform.secret_box("idempotency"),
                kernel.idempotency_hours,
            ),
        )

    def _enrol(self, user_id: str) -> None:
        """A second factor, so that there is one to be reset."""
        factors = SecondFactors(self.platform, Sessions(self.platform))
        secret = factors.begin(user_id, "target@example.org").secret
        factors.confirm(user_id, pyotp.TOTP(secret).at(int(self.platform.clock().timestamp())))

    def _fill(self, joining: list[Person]) -> dict[str, str]:
        admin = self.studio.client("super_admin")

        def made(path: str, **options: Any) -> Any:
            answer = admin.post(path, **options)
            assert answer.status_code in (200, 201), answer.text
            return answer.json().get("data", answer.json())

        project = made("/api/v1/projects", json={"name": SECRET, "framework": "soc2"})["id"]
        here = f"/api/v1/projects/{project}"
        for person in joining:
            made(f"{here}/members", json={"user_id": person.user_id, "role": person.member})
        made(f"{here}/members", json={"user_id": self.target, "role": "viewer"})
        control = admin.get(f"{here}/controls").json()["data"]["controls"][0]["id"]
        due = {"name": SECRET, "due_date": "2031-01-01T00:00:00Z"}
        upload = {"title": SECRET, "project_id": project, "control_id": control}
        files = {"file": ("policy.md", b"# Policy\n", "text/markdown")}
        hook = {"url": "https://example.com/hook", "events": ["*"], "active": False}
        client = {"name": "x", "redirect_uris": ["https://app.example/cb"], "scopes": ["read"]}
        return {
            "project_id": project,
            "control_id": control,
            "framework_id": "soc2",
            "milestone_id": made(f"{here}/milestones", json=due)["id"],
            "evidence_id": made("/api/v1/evidence", data=upload, files=files)["id"],
            "webhook_id": made("/api/v1/webhooks", json=hook)["id"],
            "client_id": made("/api/v1/oauth/clients", json=client)["id"],
            "key_id": made("/api/v1/api-keys", json={"name": "k", "scopes": ["read"]})["id"],
            "session_id": admin.get("/api/v1/users/me/sessions").json()["data"]["sessions"][0]["id"],
            "user_id": self.target,
            "q": "outsiders",
        }

    # -- one call ---------------------------------------------------------------------------------------

    def call(self, each: Operation, person: Person, scopes: frozenset[str]) -> tuple[int, bytes]:
        """Serve one request as that person; its status and body. Whatever it changed is taken back."""
        answer: tuple[int, bytes] = (0, b"")
        request = self._request(each, person, scopes)
        with contextlib.suppress(Undone), self.platform.database.transaction():
            wire = self.dispatcher.serve(each, request)
            answer = _single(wire.status, wire.body or b"")
            raise Undone
        if request.file is not None:
            request.file.staged.discard()
        return answer

    def _request(self, each: Operation, person: Person, scopes: frozenset[str]) -> Incoming:
        query = "&".join(f"{name}={value}" for name, value in self.query(each).items())
        body = self.body(each)
        request = Incoming(
            method=each.method,
            path=each.path,
            address="127.0.0.1",
            request_id="req_matrix",
            headers={"content-type": "application/json"},
            query=query.encode(),
            parameters={name: self.values.get(name, f"{name}_0") for name in each.path_parameters},
            body=orjson.dumps(body) if each.body is not None else b"",
            principal=Principal(
                "user", person.user_id, person.user_id, person.role, scopes, session_id="sess_of_this_test"
            ),
        )
        if each.upload is not None:
            request.fields = body
            staged = self.platform.files.stage()
            staged.write(b"# Policy\n")
            staged.finish()
            request.file = UploadedFile("policy.md", "text/markdown", staged)
        return request

    def query(self, each: Operation) -> dict[str, str]:
        """The query parameters that a call can't do without."""
        if each.listing is not None:
            wanted = [name for name, filter_ in each.listing.filters.items() if filter_.required]
            return {name: self.values.get(name, "x") for name in wanted}
        if each.query is None:
            return {}
        needed = {name: field for name, field in each.query().fields.items() if field.required or name == "project_id"}
        return {field.data_key or name: str(self.value(name, field)) for name, field in needed.items()}

    def body(self, each: Operation) -> dict[str, Any]:
        """The smallest body that the operation takes."""
        if each.body is None:
            return {}
        control, piece = self.values["control_id"], self.values["evidence_id"]
        special = {
            "projects.controls.bulk_update": {"controls": [{"id": control, "due_date": "2031-01-01T00:00:00Z"}]},
            "evidence.bulk.tags": {"evidence_ids": [piece], "add": ["x"]},
            "evidence.bulk.controls": {"evidence_ids": [piece], "link": [control]},
        }
        return special.get(each.id) or self.required(each.body())

    def takes_the_body(self, each: Operation) -> bool:
        """Whether a caller with every right gets past the checks of the body that is made up here."""
        if each.id not in self._taken:
            self._taken[each.id] = self.call(each, self.people[0], ALL_SCOPES)[0] != 400
        return self._taken[each.id]

    def required(self, schema: Any) -> dict[str, Any]:
        needed = {name: field for name, field in schema.fields.items() if field.required and not field.dump_only}
        return {field.data_key or name: self.value(name, field) for name, field in needed.items()}

    def value(self, name: str, field: Any) -> Any:
        """A fitting value, by the field's name where it names something, else by its type."""
        known = {
            **self.values,
            "framework": "soc2",
            "email": "new@example.org",
            "url": "https://example.com/x",
            "node": "soc2",
            "from": "soc2",
            "to": "iso27001",
            "type": "security_policy",
            "events": ["*"],
            "scopes": ["read"],
        }
        if name.rstrip("_") in known:
            return known[name.rstrip("_")]
        if isinstance(field, fields.List):
            single = {"evidence_ids": "evidence_id", "control_ids": "control_id", "user_ids": "user_id"}.get(name, name)
            return [self.value(single, field.inner)]
        if isinstance(field, fields.Nested):
            return self.required(field.schema)
        if isinstance(field, schemas.Choice):
            return field.choices[-1]
        if isinstance(field, schemas.Time):
            return "2031-01-01T00:00:00Z"
        if isinstance(field, fields.Boolean):
            return True
        if isinstance(field, fields.Number):
            return 1
        return "a text that is long enough"

    def names_what_exists(self, each: Operation) -> bool:
        """Whether every id in the path is one of this world's; otherwise nothing can be there to be seen."""
        return set(each.path_parameters) <= set(self.values)

    def is_about_the_project(self, each: Operation) -> bool:
        """Whether the call names the project or something in it."""
        named = {*self.body(each), *self.query(each), *each.path_parameters}
        return bool(named & {"project_id", "evidence_id", "evidence_ids", "milestone_id"})

    def names_the_project(self, each: Operation) -> bool:
        """Whether a call within projects is about one thing, not about all that one can reach."""
        return bool(self.is_about_the_project(each) or each.path_parameters)


def _single(status: int, body: bytes) -> tuple[int, bytes]:
    """Of an answer about many, each refused by itself, what became of the one that was asked about."""
    data = orjson.loads(body).get("data") if status == 200 and body.startswith(b'{"success":true') else None
    results = data.get("results") if isinstance(data, dict) else None
    if isinstance(results, list) and len(results) == 1 and results[0].get("ok") is False:
        code = results[0]["error"]["code"]
        return {"NOT_FOUND": 404, "FORBIDDEN": 403}.get(code, 400), orjson.dumps(results[0]["error"])
    return status, body


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from studio_kernel.testing.app import StudioApp

    overrides = {"webhooks.allowed_networks": ("0.0.0.0/0",), "audit_reads": False}
    studio = StudioApp(tmp_path_factory.mktemp("matrix"), plugins=BUILT_IN, overrides=overrides)
    yield World(studio)
    studio.close()


def asked(world: World) -> list[Operation]:
    return [each for each in world.platform.operations if each.permission != PUBLIC]


# -- what is declared ------------------------------------------------------------------------------------------


def test_every_permission_within_projects_is_a_row_of_the_table(world):
    wrong = []
    for each in world.platform.permissions:
        if not each.project_roles:
            continue
        row = TABLE.get(ROW_OF.get(each.name, ""))
        if row is not None and set(each.project_roles) != row:
            wrong.append(f"{each.name} is {ROW_OF[each.name]!r}: {sorted(row)}, not {sorted(each.project_roles)}")
        if row is None and set(each.project_roles) not in TABLE.values():
            wrong.append(f"{each.name} is held by {sorted(each.project_roles)}: no row of the table has these roles")
        if set(each.account_roles) != ADMINISTRATORS:
            wrong.append(f"{each.name} is held outside the team by {sorted(each.account_roles)}")
    assert wrong == []
    assert set(ROW_OF) <= {each.name for each in world.platform.permissions}


def test_administrators_hold_every_other_permission_and_nobody_else_administers(world):
    wrong = []
    for each in world.platform.permissions:
        if each.project_roles:
            continue
        holders = set(each.account_roles)
        if not holders >= ADMINISTRATORS:
            wrong.append(f"{each.name} is not held by administrators: {sorted(holders)}")
        if each.name.partition(":")[0] in ADMINISTERED and holders not in (ADMINISTRATORS, ANYONE):
            wrong.append(f"{each.name} is for administrators, or for everybody about themselves: {sorted(holders)}")
        if holders != OTHERS.get(each.name, holders):
            wrong.append(f"{each.name} is for {sorted(OTHERS[each.name])}, not {sorted(holders)}")
    assert wrong == []


def test_nothing_that_changes_a_project_is_open_to_its_viewers(world):
    wrong = [
        f"{each.id} asks for {each.permission}, which viewers of a project hold"
        for each in asked(world)
        if each.method != "GET"
        and each.needed_scope.rpartition(":")[2] != "read"
        and "viewer" in world.platform.permissions.get(each.permission).project_roles
    ]
    assert wrong == []


def test_scopes_of_administration_go_with_administrators_alone(world):
    wrong = [
        each.id
        for each in asked(world)
        if each.needed_scope.rpartition(":")[2] == "admin"
        and set(world.platform.permissions.get(each.permission).account_roles) != ADMINISTRATORS
    ]
    assert wrong == []


# -- what happens ----------------------------------------------------------------------------------------------

ALL_SCOPES = frozenset({"read", "write", "admin"})


def scopes_to_try(each: Operation) -> list[frozenset[str]]:
    area = each.permission.partition(":")[0]
    single = ["read", "write", "admin", each.needed_scope, f"{area}:read", f"{area}:write", f"{area}:admin", "x:write"]
    return [frozenset(), *{frozenset({scope}) for scope in single}, ALL_SCOPES]


def is_covered(each: Operation, scopes: frozenset[str]) -> bool:
    """By the needed scope, by the broad one of its verb, or by its area's where a broad one is asked for."""
    needed = each.needed_scope
    area = f"{each.permission.partition(':')[0]}:{needed}" if needed in ("read", "write") else needed
    return bool(scopes & {needed, needed.rpartition(":")[2], area})


def problem(world: World, each: Operation, person: Person, scopes: frozenset[str]) -> str:
    """What is wrong with one answer; empty when it is as the table says."""
    status, body = world.call(each, person, scopes)
    permission = world.platform.permissions.get(each.permission)
    if status >= 500 or status == 401:
        return f"{status}: {body.decode()[:200]}"
    if not is_covered(each, scopes):
        told = orjson.loads(body)["error"]["details"] if status == 403 else {}
        return "" if told.get("required_scope") == each.needed_scope else f"{status} without the scope"
    if scopes != ALL_SCOPES:
        # A narrower credential may be refused further by the service, as others' accounts are without `admin`.
        return "" if status != 403 or b"required_scope" not in body else "403 although the scope covers it"
    exists = world.names_what_exists(each)
    if person.role in permission.account_roles:
        if permission.account_roles == ANYONE and OWNED & set(each.path_parameters):
            own = person.role in ADMINISTRATORS or status == 404
            return "" if own else f"{status} about what belongs to somebody else, not 404"
        if world.is_about_the_project(each) and not person.member and person.role not in ADMINISTRATORS:
            return "" if status == 404 or not world.takes_the_body(each) else f"{status} out of reach, not 404"
        return f"{status} for a role that holds the right" if status == 403 or (exists and status == 404) else ""
    if not permission.project_roles:
        return "" if status == 403 else f"{status} for a role without the right"
    return _in_project(world, each, person, status, body)


def _in_project(world: World, each: Operation, person: Person, status: int, body: bytes) -> str:
    exists = world.names_what_exists(each)
    if status == 400 and not world.takes_the_body(each):
        # A body that is refused before anybody looks at what it is about tells nothing.
        return ""
    if not person.member:
        if SECRET.encode() in body or (status < 300 and world.values["project_id"].encode() in body):
            return "an outsider hears of the project"
        if world.names_the_project(each):
            return "" if status == 404 else f"{status} out of reach, not 404"
        return "" if status < 300 else f"{status} for a list of what is within reach"
    if person.member in world.platform.permissions.get(each.permission).project_roles:
        return f"{status} for a member with the right" if status == 403 or (exists and status == 404) else ""
    if not exists:
        return "" if status in (403, 404) else f"{status} for a member without the right"
    return "" if status == 403 else f"{status} for a member without the right, not 403"


def test_every_operation_does_what_the_table_says_for_every_role_membership_and_scope(world):
    wrong = []
    calls = 0
    for each in asked(world):
        for person in world.people:
            for scopes in scopes_to_try(each):
                calls += 1
                found = problem(world, each, person, scopes)
                if found:
                    wrong.append(f"{each.id} as {person}, scopes {sorted(scopes)}: {found}")
    assert calls > 15_000
    assert wrong == [], f"{len(wrong)} answers are not as the table says; the first:\n" + "\n".join(wrong[:25])


def test_without_a_credential_every_operation_answers_401(world):
    wrong = []
    for each in asked(world):
        path = each.path.format(**{name: world.values.get(name, "x") for name in each.path_parameters})
        answer = world.studio.anonymous.request(each.method, path)
        if answer.status_code != 401 or "www-authenticate" not in answer.headers:
            wrong.append(f"{each.id}: {answer.status_code}")
    assert wrong == []


def test_tokens_and_keys_are_held_to_their_scopes_on_the_whole_way(world):
    """The same from the wire on, for one operation of each kind: the scopes above are those of real credentials."""
    studio = world.studio
    client = studio.client("super_admin")
    for scope, expected in (("read", (200, 403, 403)), ("projects:write", (403, 404, 403)), ("admin", (403, 403, 200))):
        key = client.post("/api/v1/api-keys", json={"name": scope, "scopes": [scope]}).json()["api_key"]
        headers = {"X-API-Key": key}
        seen = (
            studio.anonymous.get("/api/v1/projects", headers=headers).status_code,
            studio.anonymous.delete("/api/v1/projects/proj_0", headers=headers).status_code,
            studio.anonymous.get("/api/v1/users", headers=headers).status_code,
        )
        assert seen == expected, scope
