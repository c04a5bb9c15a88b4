"""Policy drafts: complete, tied to controls, safe to render, judged by a stated rubric."""

from __future__ import annotations

from typing import Any

import pytest

from studio_ai.policies import PolicyLibrary
from studio_ai.policies.markdown import escape
from studio_ai.policies.rubric import REQUIRED_SECTIONS, judge
from studio_kernel.testing.app import Client, StudioApp

from .conftest import ACCESS

PRINTED = (
    "security_policy",
    "access_control_policy",
    "incident_response_plan",
    "acceptable_use_policy",
    "data_classification_policy",
)


@pytest.fixture
def app(shared_app: StudioApp) -> StudioApp:
    """Tests here make projects of their own, or none."""
    return shared_app


@pytest.fixture
def studio(shared_studio: StudioApp) -> StudioApp:
    """They only read from it."""
    return shared_studio


def draft(client: Client, **fields: Any) -> dict[str, Any]:
    body = {"type": "security_policy", "company_name": "Your Company", "industry": "technology", **fields}
    answer = client.post("/api/v1/ai/generate/policy", json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_a_security_policy_is_drafted_as_printed(client: Client) -> None:
    data = draft(client, framework="acme", control_id=ACCESS.id)
    assert data["title"] == "Security Policy"
    assert data["content"].startswith(
        "# Security Policy\n\n## 1. Purpose\nThis policy establishes the framework for information security "
        "management at Your Company."
    )
    assert data["format"] == "markdown"
    assert data["generated_at"].endswith("Z")
    assert 0 <= data["quality_score"] <= 100


@pytest.mark.parametrize("kind", PRINTED)
@pytest.mark.parametrize("framework", ["soc2", "iso27001"])
def test_every_draft_is_complete_and_tied_to_the_framework(studio: StudioApp, kind: str, framework: str) -> None:
    found = studio.platform.frameworks.get(framework)
    assert found is not None
    data = draft(studio.client("viewer"), type=kind, framework=framework, control_id=found.controls[0].id)
    for section in REQUIRED_SECTIONS:
        assert section in data["content"].lower()
    assert {check["name"]: check["points"] for check in data["quality"]} == {
        "structure": 30,
        "obligations": 20,
        "measurable": 15,
        "traceability": 20,
        "tailoring": 10,
        "plain language": 5,
    }


def test_templates_name_only_controls_that_exist(studio: StudioApp) -> None:
    library = PolicyLibrary()
    for kind in library.ids():
        template = library.get(kind)
        assert template is not None
        for section in template.sections:
            for framework_id, numbers in section.controls.items():
                framework = studio.platform.frameworks.get(framework_id)
                assert framework is not None
                assert set(numbers) <= {control.number for control in framework.controls}


def test_other_frameworks_are_tied_by_the_topics_of_their_controls(client: Client) -> None:
    content = draft(client, type="access_control_policy", framework="acme")["content"]
    assert "*Controls: Acme Standard Type II X1.1 Access to Systems*" in content


def test_a_draft_without_framework_and_industry_is_plain_and_scores_less(client: Client) -> None:
    body = {"type": "security_policy", "company_name": "Acme"}
    data = client.post("/api/v1/ai/generate/policy", json=body).json()["data"]
    assert "*Controls" not in data["content"]
    points = {check["name"]: check["points"] for check in data["quality"]}
    assert (points["traceability"], points["tailoring"]) == (0, 4)
    assert data["quality_score"] == sum(points.values())


def test_names_cannot_become_markup(client: Client) -> None:
    name = "A|B <script>alert(1)</script> [x](http://evil.example) *b* {company}"
    content = draft(client, company_name=name)["content"]
    assert "<script" not in content
    assert "http://" not in content
    assert r"A\|B &lt;script&gt;" in content
    assert r"\[x\](http\://evil\.example) \*b\*" in content


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("Acme Inc.", "Acme Inc."),
        ("www.acme.com", r"www\.acme\.com"),
        ("me@acme.com", r"me\@acme\.com"),
        ("R&D", "R&amp;D"),
        ("a\nb", "a b"),
        ("`x` _y_ ~z~ #1", r"\`x\` \_y\_ \~z\~ \#1"),
    ],
)
def test_escaping(plain: str, escaped: str) -> None:
    assert escape(plain) == escaped


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "security_polcy"}, "type"),
        ({"framework": "soc9"}, "framework"),
        ({"control_id": "ctrl_nothere"}, "control_id"),
        ({"control_id": ACCESS.id, "framework": "other"}, "control_id"),
        ({"company_name": ""}, "company_name"),
        ({"company_name": "a\nb"}, "company_name"),
        ({"company": "x"}, "company"),
    ],
)
def test_wrong_requests_name_the_field(client: Client, fields: dict[str, Any], field: str) -> None:
    body = {"type": "security_policy", "company_name": "Acme", **fields}
    answer = client.post("/api/v1/ai/generate/policy", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_an_unknown_type_names_the_known_ones_and_the_closest(client: Client) -> None:
    answer = client.post("/api/v1/ai/generate/policy", json={"type": "security_polcy", "company_name": "A"})
    text = answer.json()["error"]["details"]["error"]
    assert all(kind in text for kind in PRINTED)
    assert "did you mean 'security_policy'?" in text


def test_the_rubric_judges_the_text_alone() -> None:
    text = (
        "# P\n\n## 1. Purpose\nFor Acme. Acme is Acme.\n\n## 2. Policy statements\n\n### 2.1 One\n\n"
        "- Staff must lock screens after 10 minutes.\n- Doors are nice.\n\n*Controls: F A.1 Locks*\n"
    )
    checks = {
        check.name: check.points
        for check in judge(text, company="Acme", industry="", control_number="A.1", control_numbers=["A.1"])
    }
    assert checks == {
        "structure": 30 * 2 // 8,
        "obligations": 20 * 1 // 15,
        "measurable": 15 * 1 // 8,
        "traceability": 20,
        "tailoring": 7,
        "plain language": 5,
    }


def test_a_longer_number_is_not_taken_for_a_shorter_one() -> None:
    text = "### 4.1 One\n\n*Controls: F A.1.1 Locks*\n"
    checks = judge(text, company="x", industry="", control_number="", control_numbers=["A.1"])
    assert next(check.points for check in checks if check.name == "traceability") == 0
