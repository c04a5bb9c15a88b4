"""Every setting can be given by its variable, says so, and refuses what makes no sense."""

from __future__ import annotations

import json

import pytest

from studio_kernel.app import load_plugins
from studio_kernel.errors import ConfigurationError
from studio_kernel.plugins import BUILT_IN, installed_plugins

# Full name: (a value that isn't the default, a value that is refused or None where any text goes).
SETTINGS = {
    "database_url": ("sqlite:////var/lib/studio/studio.db", None),
    "redis_url": ("redis://cache:6379/1", None),
    "neo4j_url": ("bolt://neo4j:secret@graph:7687", None),
    "files_url": ("s3://bucket/prefix", None),
    "vectors_url": ("pgvector://", None),
    "public_url": ("https://studio.example.org", None),
    "database_timeout": ("2.5", "0"),
    "threads": ("16", "-1"),
    "max_body_bytes": ("2048", "10"),
    "rate_limit_user": ("10/minute", None),
    "rate_limit_api_key": ("20/minute", None),
    "rate_limit_client": ("30/minute", None),
    "rate_limit_anonymous": ("40/minute", None),
    "rate_limit_routes": ('{"auth.login": "5/minute"}', "auth.login"),
    "trusted_proxies": ("10.0.0.0/8,192.168.0.0/16", None),
    "worker_threads": ("4", "0"),
    "drain_seconds": ("5", "-1"),
    "embedded_worker": ("false", "perhaps"),
    "job_lease_seconds": ("30.0", "0"),
    "subscriber_timeout": ("5.0", "0"),
    "events_kept_days": ("30.0", "0"),
    "jobs_kept_days": ("2.0", "0"),
    "idempotency_hours": ("1.0", "0"),
    "audit_reads": ("false", "perhaps"),
    "audit_kept_days": ("400.0", "-1"),
    "audit_keys": ("first-key-of-sixteen,second-key-of-sixteen", None),
    "audit_seal_seconds": ("30.0", "0"),
    "audit_anchor_hours": ("24.0", "0"),
    "audit_anchor_file": ("/mnt/anchors.jsonl", None),
    "audit_anchor_url": ("https://anchors.example.org", "ftp://anchors"),
    "log_level": ("debug", "loud"),
    "log_format": ("json", "xml"),
    "tracing_url": ("http://collector:4318", "collector:4318"),
    "tracing_share": ("0.1", "1.5"),
    "secret_key": ("a key of the operator's own", "short"),
    "secret_keys_accepted": ("one that was used before, and yet another one", "short"),
    "plugins.disabled": ("ai", None),
    "plugins.strict": ("true", "perhaps"),
    "auth.access_token_seconds": ("600", "0"),
    "auth.refresh_token_seconds": ("86400", "0"),
    "auth.signing_algorithm": ("EdDSA", "none"),
    "auth.argon2_time_cost": ("3", "0"),
    "auth.argon2_memory_kib": ("65536", "1"),
    "auth.password_min_length": ("12", "0"),
    "auth.password_min_strength": ("3", "5"),
    "auth.temporary_password_hours": ("24", "0"),
    "auth.password_reset_hours": ("1", "0"),
    "auth.second_factor_roles": ("super_admin,admin", "boss"),
    "auth.browser_session_hours": ("1", "0"),
    "auth.login_attempts_account": ("3", "0"),
    "auth.login_attempts_address": ("20", "0"),
    "auth.login_delay_max_seconds": ("600", "-1"),
    "evidence.max_file_mb": ("10", "0"),
    "evidence.max_unpacked_mb": ("100", "0"),
    "evidence.max_archive_files": ("50", "0"),
    "evidence.separation_of_duties": ("false", "perhaps"),
    "evidence.expires": ("false", "perhaps"),
    "evidence.default_renewal_days": ("90", "0"),
    "evidence.reading_seconds": ("60", "0"),
    "evidence.reading_wait_seconds": ("600", "0"),
    "evidence.reading_memory_mb": ("2048", "10"),
    "compliance.coverage_weight": ("0.5", "-1"),
    "compliance.evidence_weight": ("0.2", "-1"),
    "compliance.risk_weight": ("0.1", "-1"),
    "compliance.timeliness_weight": ("0.2", "-1"),
    "compliance.critical_weight": ("8", "-1"),
    "compliance.high_weight": ("6", "-1"),
    "compliance.medium_weight": ("5", "-1"),
    "compliance.low_weight": ("2", "-1"),
    "compliance.critical_risk": ("90", "-1"),
    "compliance.high_risk": ("60", "-1"),
    "compliance.medium_risk": ("30", "-1"),
    "compliance.low_risk": ("15", "-1"),
    "compliance.info_risk": ("1", "-1"),
    "compliance.max_framework_mb": ("64", "-64"),
    "compliance.report_fonts": ('["further.ttf"]', None),
    "compliance.report_keep_hours": ("48", "0"),
    "ai.provider": ("glossary", None),
    "ai.timeout_seconds": ("5.0", "0"),
    "ai.concurrent_calls": ("2", "0"),
    "ai.rest_seconds": ("10.0", "-1"),
    "ai.retries": ("1", "-1"),
    "ai.tool_calls": ("2", "-1"),
    "ai.answer_tokens": ("500", "1"),
    "ai.daily_tokens_user": ("1000", "-1"),
    "ai.daily_tokens_project": ("2000", "-1"),
    "ai.daily_cost_user": ("1.5", "-1"),
    "ai.daily_cost_project": ("2.5", "-1"),
    "ai.embeddings": ("false", "perhaps"),
    "ai.expiring_days": ("14", "0"),
    "ai.conversation_days": ("30", "-1"),
    "ai.mcp_api_key": ("sk_live_of_a_client", None),
    "webhooks.allowed_networks": ("10.1.0.0/16", "everywhere"),
    "webhooks.require_https": ("true", "perhaps"),
    "webhooks.timeout_seconds": ("3.0", "0"),
    "webhooks.retry_seconds": ("1.0,2.0", "soon"),
    "webhooks.retry_after_limit": ("60.0", "-1"),
    "webhooks.secret_overlap_hours": ("2.0", "-1"),
    "webhooks.concurrency": ("16", "0"),
    "webhooks.endpoint_concurrency": ("2", "0"),
    "webhooks.disable_after_failures": ("5", "0"),
    "webhooks.disable_after_hours": ("1.0", "-1"),
    "webhooks.kept_days": ("7.0", "0"),
}
FOUND = [each for each in installed_plugins() if each.name in BUILT_IN]


def load(home, **environment):
    return load_plugins(found=FOUND, environment=environment, overrides={"home": str(home)})[3]


def variable(name):
    return "STUDIO_" + name.upper().replace(".", "_")


def test_the_table_has_every_setting(tmp_path):
    assert sorted(SETTINGS) == sorted(value.name for value in load(tmp_path).values() if value.name != "home")


# NOTE: with a weight of its own changed, the weights no longer add up; those are set together below.
SINGLE = [
    name
    for name in SETTINGS
    if not name.endswith("_weight") or name.split("_")[0].split(".")[1] in ("critical", "high", "medium", "low")
]


@pytest.mark.parametrize("name", [name for name in SINGLE if name not in ("plugins.disabled",)])
def test_a_setting_is_taken_from_its_variable(tmp_path, name):
    before = {value.name: value for value in load(tmp_path).values()}[name]
    after = {value.name: value for value in load(tmp_path, **{variable(name): SETTINGS[name][0]}).values()}[name]
    assert after.origin == variable(name)
    assert before.origin == "default"
    assert after.shown != before.shown


def test_the_weights_of_the_score_are_set_together(tmp_path):
    names = ["coverage", "evidence", "risk", "timeliness"]
    settings = load(
        tmp_path, **{variable(f"compliance.{name}_weight"): SETTINGS[f"compliance.{name}_weight"][0] for name in names}
    )
    shown = {value.name: value.shown for value in settings.values()}
    assert [shown[f"compliance.{name}_weight"] for name in names] == ["0.5", "0.2", "0.1", "0.2"]


@pytest.mark.parametrize("name", [name for name, (_, wrong) in SETTINGS.items() if wrong is not None])
def test_a_wrong_value_is_one_line_with_the_variable(tmp_path, name):
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, **{variable(name): SETTINGS[name][1]})
    assert len([line for line in caught.value.problems if line.startswith(variable(name))]) == 1


def test_secrets_never_show(tmp_path):
    settings = load(tmp_path, STUDIO_NEO4J_URL="bolt://neo4j:hunter22@graph:7687", STUDIO_SECRET_KEY="hunter22hunter22")
    assert "hunter22" not in json.dumps([value.shown for value in settings.values()])
