"""A person is given all their data, and erased so that neither database nor files name them any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from studio_kernel.audit.verify import Verifier
from studio_kernel.cli import studio as command
from studio_kernel.kernel_schema import MODELS
from studio_kernel.plugins import BUILT_IN
from studio_kernel.privacy import Person, PersonalData, Privacy
from studio_kernel.storage.database import Database, table_name
from studio_kernel.storage.sql import Statement

NAME, EMAIL = 'Zelda "Z" Quirrenbach', "zelda.quirrenbach@example.org"
FORMER = "Zelda Maidenname"
# Columns that look like an account's id or a text about somebody, and are neither.
NO_PERSON = {
    "oauth_clients.name", "audit_log.actor_id", "jobs.kind", "projects.framework", "vectors.owner_id",
}  # fmt: skip
ACCOUNT_COLUMNS = {"user_id", "owner_id", "created_by", "uploaded_by", "reviewer_id", "linked_by", "imported_by"}
ACCOUNT_COLUMNS |= {"override_by", "not_applicable_by", "proposed_by", "decided_by", "actor_id"}


def ok(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    body = answer.json()
    return body.get("data", body)


def dump(database: Database) -> str:
    """Every row of every table."""
    tables = Statement(
        "SELECT name FROM sqlite_master WHERE type = 'table'",
        postgresql="SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    )
    names = [row[0] for row in database.rows(tables)]
    return "\n".join(f"{name}: {row}" for name in names for row in database.rows(Statement(f'SELECT * FROM "{name}"')))


def traces(text: str) -> list[str]:
    """Where a text names the person."""
    lowered = text.lower().replace('\\\\"', '"').replace('\\"', '"')
    found = []
    for needle in (NAME, EMAIL, FORMER, "quirrenbach"):
        place = lowered.find(needle.lower())
        if place >= 0:
            found.append(lowered[max(0, place - 300) : place + 60])
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def studio(request: pytest.FixtureRequest) -> Any:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return request.getfixturevalue("make_studio")(plugins=BUILT_IN, database_url=url)


class Life:
    """What a person leaves behind in a platform where every plugin is active."""

    def __init__(self, studio: Any) -> None:
        self.studio = studio
        self.boss = studio.client("super_admin")
        self.person = studio.client("admin", email=EMAIL, name=FORMER)
        self.id = self.person.user_id
        ok(self.person.put(f"/api/v1/users/{self.id}", json={"name": NAME}))
        studio.anonymous.post("/api/v1/auth/login", json={"email": EMAIL, "password": "wrong password"})
        self.boss.get(f"/api/v1/users/{EMAIL}")
        self.work()
        studio.run_jobs()
        assert ok(self.boss.post(f"/api/v1/ai/analyze/evidence/{self.evidence}", json={}))["kept"]
        studio.platform.audit.flush()
        studio.platform.sealer.seal()

    def work(self) -> None:
        person, boss = self.person, self.boss
        body = {"name": "Assessment", "description": f"Led by {NAME}", "framework": "soc2", "milestones": []}
        body["team_members"] = [{"user_id": self.id, "role": "manager"}, {"user_id": boss.user_id, "role": "manager"}]
        project = ok(person.post("/api/v1/projects", json=body))["id"]
        control = ok(person.get(f"/api/v1/projects/{project}"))["controls"][0]["id"]
        fields = {"title": f"Policy of {NAME}", "project_id": project, "control_id": control}
        files = {"file": (f"{FORMER}.txt", b"Access is reviewed every quarter.", "text/plain")}
        evidence = ok(person.post("/api/v1/evidence", data=fields, files=files))["id"]
        review = {"decision": "request_changes", "comment": f"Ask {NAME} <{EMAIL.upper()}>, and Zelda."}
        ok(boss.post(f"/api/v1/evidence/{evidence}/reviews", json=review))
        ok(person.post("/api/v1/api-keys", json={"name": f"Key of {NAME}", "scopes": ["read"]}))
        hook = {"url": "https://example.com/hook", "events": ["*"], "secret": "s" * 24, "description": EMAIL}
        ok(person.post("/api/v1/webhooks", json=hook))
        ok(boss.post("/api/v1/webhooks", json=hook | {"description": "the boss's"}))
        chat = {"message": f"I am {NAME}", "context": {"project_id": project}}
        ok(person.post("/api/v1/ai/chat", json=chat))
        report = {"kind": "status", "format": "html"}
        self.report = boss.post(f"/api/v1/projects/{project}/reports", json=report)
        owned = {"owner_id": self.id}
        ok(person.patch(f"/api/v1/projects/{project}/controls/{control}", json=owned))
        self.project, self.evidence = project, evidence


def test_a_person_is_given_what_every_plugin_holds_of_them(studio: Any) -> None:
    life = Life(studio)
    told = ok(life.person.get("/api/v1/users/me/data-export"))
    assert set(told) >= {
        "users", "auth_sessions", "api_keys", "projects", "project_members", "project_controls", "evidence",
        "evidence_versions", "ai_conversations", "ai_messages", "webhooks", "events", "audit_log",
    }  # fmt: skip
    assert "key_hash" not in json.dumps(told)
    assert "password" not in json.dumps(told["users"])
    same = ok(life.boss.get(f"/api/v1/users/{life.id}/data-export"))
    assert same["users"][0]["email"] == EMAIL
    other = studio.client("customer")
    assert other.get(f"/api/v1/users/{life.id}/data-export").status_code == 403


def test_an_erased_person_is_named_nowhere_and_the_audit_log_still_verifies(studio: Any) -> None:
    life = Life(studio)
    platform = studio.platform
    assert traces(dump(platform.database)), "the test would find nothing"
    path = f"/api/v1/users/{life.id}/erasure"
    assert studio.client("customer").post(path, json={"confirm": EMAIL}).status_code == 403
    assert life.boss.post(path, json={"confirm": "somebody@example.org"}).status_code == 400
    job_id = ok(life.boss.post(path, json={"confirm": EMAIL}))["job_id"]
    assert life.person.get("/api/v1/users/me").status_code == 401
    studio.run_jobs()
    replaced = Statement("SELECT data FROM events WHERE name = 'project.updated' AND resource_id = :project")
    ((data,),) = platform.database.rows(replaced, project=life.project)
    assert json.loads(data)["project"]["description"] == f"Led by {Person(life.id).pseudonym}"
    assert platform.jobs.show(job_id)["state"] == "succeeded"
    reviews = ok(life.boss.get(f"/api/v1/evidence/{life.evidence}/reviews"))
    assert f"Ask {Person(life.id).pseudonym} <erased:{life.id}>, and Zelda." in json.dumps(reviews)
    studio.clock.advance(7200)
    platform.jobs.enqueue("evidence.sweep")
    studio.run_jobs()
    assert traces(dump(platform.database)) == []
    files = [file for file in platform.home.rglob("*") if file.is_file() and ".db" not in file.name]
    assert [file for file in files if traces(file.read_bytes().decode("utf-8", "replace"))] == []
    report = Verifier(platform.database, platform.audit.keys).verify()
    assert report.sound, report.problems
    withheld = Statement("SELECT COUNT(*) FROM audit_log WHERE withheld <> ''")
    assert platform.database.value(withheld) > 5
    told = platform.database.value(Statement("SELECT data FROM events WHERE name = 'user.erased'"))
    assert json.loads(told) == {"id": life.id, "name": Person(life.id).pseudonym}


def test_what_others_write_while_a_person_is_erased_stays(studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = studio.client("super_admin")
    bodies = [
        {"name": f"Of {NAME}", "description": "as it was", "framework": "soc2", "milestones": []},
        {"name": f"Deleted of {NAME}", "framework": "soc2", "milestones": []},
    ]
    kept, deleted = (ok(boss.post("/api/v1/projects", json=body))["id"] for body in bodies)
    replace = Privacy._replace

    def after_a_change(*arguments: Any) -> int:
        ok(boss.put(f"/api/v1/projects/{kept}", json={"name": f"Of {NAME}", "description": f"changed, ask {NAME}"}))
        ok(boss.delete(f"/api/v1/projects/{deleted}"))
        return replace(*arguments)

    monkeypatch.setattr(Privacy, "_replace", after_a_change)
    person = Person("user_abcdef", (EMAIL,), (NAME,))
    declared = [PersonalData("projects", "id", texts=("name", "description"))]
    Privacy(studio.platform, declared).erase(person)
    shown = ok(boss.get(f"/api/v1/projects/{kept}"))
    assert shown["name"] == f"Of {person.pseudonym}"
    assert shown["description"] == f"changed, ask {person.pseudonym}"


def test_what_is_made_of_old_events_while_a_person_is_erased_names_them_no_more(studio: Any) -> None:
    """A delivery, say: its table is done first, and the event that it tells of last."""
    boss = studio.client("super_admin")
    body = {"name": "Assessment", "framework": "soc2", "milestones": []}
    project = ok(boss.post("/api/v1/projects", json=body))["id"]

    def deliver(person: Person) -> int:
        ok(boss.put(f"/api/v1/projects/{project}", json={"name": f"Of {NAME}"}))
        return 0

    declared = [PersonalData("projects", "id", texts=("name",)), PersonalData("events", "position", erase=deliver)]
    counts = Privacy(studio.platform, declared).erase(Person("user_abcdef", (EMAIL,), (NAME,)))
    assert ok(boss.get(f"/api/v1/projects/{project}"))["name"] == "Of Erased person abcdef"
    assert counts == {"projects": 1}


def test_withholding_an_entry_by_hand_is_found(make_studio: Any) -> None:
    """Only the platform takes an address out: whoever changes the database can't sign that."""
    studio = make_studio(plugins=["auth"])
    studio.client("admin").get("/api/v1/users/me")
    platform = studio.platform
    platform.audit.flush()
    platform.sealer.seal()
    hide = "UPDATE audit_log SET withheld = mac || '.' || mac, address = '', path = '', salt = '' WHERE position = 1"
    platform.database.execute(Statement(hide))
    assert Verifier(platform.database, platform.audit.keys).verify().problems[0].position == 1


def test_the_last_super_admin_is_not_erased(make_studio: Any) -> None:
    studio = make_studio(plugins=["auth"])
    boss = studio.client("super_admin", email="boss@example.org")
    answer = boss.post(f"/api/v1/users/{boss.user_id}/erasure", json={"confirm": "boss@example.org"})
    assert answer.status_code == 409
    assert boss.get("/api/v1/users/me").status_code == 200
    admin = studio.client("admin")
    assert admin.post(f"/api/v1/users/{boss.user_id}/erasure", json={"confirm": "boss@example.org"}).status_code == 403


def test_the_operator_exports_and_erases_also_who_was_deleted_before(
    make_studio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make_studio(plugins=["auth"], home=tmp_path / "home")
    boss, person = studio.client("super_admin"), studio.client("customer", email=EMAIL, name=NAME)
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", "projects,evidence,compliance,ai,webhooks")

    def run(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(command, list(arguments))
        assert result.exit_code == status, (result.output, result.exception)
        return result.stdout

    out = tmp_path / "zelda.json"
    out.touch(0o644)
    run("users", "export-data", EMAIL, "--out", str(out))
    assert json.loads(out.read_text())["data"]["users"][0]["name"] == NAME
    assert out.stat().st_mode & 0o777 == 0o600
    ok(boss.delete(f"/api/v1/users/{person.user_id}"))
    assert run("users", "erase", person.user_id, "--confirm", "other", status=1) == ""
    done = json.loads(run("users", "erase", person.user_id, "--confirm", person.user_id, "--json"))
    assert done["rows"]["events"] >= 2
    assert traces(dump(studio.platform.database)) == []


def test_every_column_that_names_an_account_is_declared(make_studio: Any) -> None:
    """Whoever adds a table says what it holds of people."""
    platform = make_studio(plugins=BUILT_IN).platform
    declared: dict[str, str] = {}
    for data in platform.privacy().declared:
        declared[data.table] = declared.get(data.table, "") + f" {data.theirs} {data.texts}"
    models = list(MODELS)
    for record in platform.plugins.active:
        models += platform.hooks.models(record)
    missing = [
        f"{table_name(model)}.{column}"
        for model in models
        for column in model._meta.columns
        if column in ACCOUNT_COLUMNS and column not in declared.get(table_name(model), "")
    ]
    assert set(missing) - NO_PERSON == set()
    known = {table_name(model) for model in models} | {"graph_nodes", "fulltext_passages"}
    assert set(declared) <= known


def test_a_plugin_tells_what_it_holds_of_people(make_studio: Any) -> None:
    """The hook ``studio_personal_data``."""
    platform = make_studio(plugins=["auth"]).platform
    assert "auth_sessions" in {data.table for data in platform.hooks.personal_data(platform)}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mail ann.lee@example.org, or ANN.LEE@example.org.", "Mail erased:user_abcdef, or erased:user_abcdef."),
        ("joann.lee@example.org and ann.lee@example.organic stay", None),
        ("Ann Lee and Joann Lee and Ann Leeds", "Erased person abcdef and Joann Lee and Ann Leeds"),
        ('{"name":"Will","note":"Will do"}', '{"name":"Erased person abcdef","note":"Will do"}'),
        ("Will we?", None),
    ],
)
def test_words_that_only_look_alike_stay(text: str, left: str | None) -> None:
    person = Person("user_abcdef", ("ann.lee@example.org",), ("Ann Lee", "Will"))
    assert person.replaced(text) == (text if left is None else left)
