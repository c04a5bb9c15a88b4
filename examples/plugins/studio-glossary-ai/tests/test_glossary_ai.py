"""The provider, on the testing kit."""

import pytest

from studio_glossary_ai import plugin
from studio_glossary_ai.provider import UNKNOWN

LEFT_OF_IT = ["auth", "projects", "evidence", "compliance", "ai"]


@pytest.fixture
def studio(make_studio):
    return make_studio(plugins=LEFT_OF_IT, extra=[plugin])


def ask(client, message):
    answer = client.post("/api/v1/ai/chat", json={"message": message, "provider": "glossary"})
    assert answer.status_code == 200
    return answer.json()["data"]


def test_the_provider_is_listed_as_one_that_needs_no_network(studio):
    listed = studio.client("viewer").get("/api/v1/ai/providers").json()["data"]["providers"]
    shown = {each["id"]: each for each in listed}["glossary"]
    assert (shown["title"], shown["needs_network"], shown["default"]) == ("Glossary", False, False)


def test_a_term_is_explained_by_any_of_its_names(studio):
    client = studio.client("customer")
    answer = ask(client, "Do we need MFA?")
    assert answer["message"].startswith("Multi-factor authentication: Signing in takes two proofs")
    assert (answer["provider"], answer["fallback"]) == ("glossary", False)
    assert ask(client, "What is the mfaq?")["message"] == UNKNOWN


def test_a_control_is_answered_from_its_definition_and_cited(studio):
    control = next(each for framework in studio.platform.frameworks for each in framework.controls)
    framework = studio.platform.frameworks.get(control.framework_id)
    answer = ask(studio.client("customer"), f"What does {framework.name} {control.number} ask for?")
    assert control.description in answer["message"]
    assert control.id in [each["id"] for each in answer["citations"]]


def test_the_same_question_gets_the_same_answer(studio):
    client = studio.client("customer")
    first, again = (ask(client, "Is an attestation evidence?")["message"] for _ in range(2))
    assert first == again
    assert first.count("\n\n") == 1


def test_it_can_be_the_one_that_answers_when_nobody_is_named(make_studio):
    studio = make_studio(plugins=LEFT_OF_IT, extra=[plugin], overrides={"ai.provider": "glossary"})
    answer = studio.client("customer").post("/api/v1/ai/chat", json={"message": "What is residual risk?"})
    assert answer.json()["data"]["provider"] == "glossary"
