"""What lies in ``deploy/``: checked by the linters of its kinds, and held to what the platform really has."""

from __future__ import annotations

import contextlib
import fnmatch
import ipaddress
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from studio_kernel.errors import ConfigurationError
from studio_kernel.settings import load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
EXTRAS = ("postgres", "redis", "neo4j", "s3", "otel", "embeddings")


def ran(*command: object, cwd: Path | None = None) -> str:
    """What a program prints; a failure shows it."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def documents(*folders: Path) -> Iterator[dict[str, Any]]:
    for folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            yield from (each for each in yaml.safe_load_all(file.read_text()) if each)


@pytest.fixture(scope="module")
def variables() -> set[str]:
    """Every setting's variable, with its form for a file."""
    text = (ROOT / "docs" / "reference" / "settings.md").read_text()
    names = set(re.findall(r"`(STUDIO_[A-Z0-9_]+)`", text))
    return names | {f"{name}_FILE" for name in names}


def test_every_setting_that_is_named_exists(variables: set[str]) -> None:
    named = set()
    for file in DEPLOY.rglob("*"):
        if file.is_file() and file.suffix != ".json":
            named |= set(re.findall(r"\bSTUDIO_[A-Z0-9_]+\b", file.read_text()))
    # What Compose itself is told, and where the platform's own home is.
    named -= {"STUDIO_ADMIN_EMAIL", "STUDIO_HOME"}
    assert len(named) > 10
    assert named - variables == set()


def test_every_command_that_is_named_exists() -> None:
    reference = (ROOT / "docs" / "reference" / "commands.md").read_text()
    # Not the names of hooks, images and programs: a command stands behind a blank.
    text = "".join(file.read_text() for file in DEPLOY.rglob("*") if file.is_file() and file.suffix != ".json")
    commands = set(re.findall(r"(?:^|[\s/;'`])studio (init|serve|worker|migrate|backup|restore|doctor|jobs)\b", text))
    assert {"init", "serve", "worker", "migrate", "backup"} <= commands
    assert [name for name in commands if f"## `studio {name}`" not in reference] == []


# -- images and Compose ---------------------------------------------------------------------------------


def test_the_dockerfile_is_clean() -> None:
    ran(BIN / "hadolint", DEPLOY / "Dockerfile")


def test_the_image_has_what_the_platform_is_made_of() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE))
    kept = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    assert names <= kept, "what is copied isn't sent to the builder"
    parts = [line.removeprefix("-e ") for line in (ROOT / "requirements-run.txt").read_text().splitlines()]
    assert all(part == "." or part.split("/")[0].split("[")[0] in names for part in parts)
    assert "studio-platform[" + ",".join(EXTRAS) + "]" in text
    assert "USER 10001" in text


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    return [each for each in documents(DEPLOY / "kubernetes") if each["kind"] != "Kustomization"]


def test_the_compose_file_holds_to_its_schema() -> None:
    ran(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


@pytest.mark.skipif(
    subprocess.run(["sh", "-c", "docker compose version"], capture_output=True).returncode != 0,
    reason="there is no `docker compose` on this machine",
)
def test_docker_compose_takes_the_compose_file(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    ran(tmp_path / "deploy" / "secrets" / "make.sh")
    ran("docker", "compose", "-f", tmp_path / "deploy" / "compose.yaml", "config", "--quiet")


def test_compose_runs_the_platform_without_rights_and_with_secrets_from_files(compose: dict[str, Any]) -> None:
    services = compose["services"]
    platform = [each for each in services.values() if each.get("image") == "studio-platform"]
    assert len(platform) == 4
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in platform)
    servers = [line for line in (DEPLOY / "nginx/site/http.conf").read_text().splitlines() if "server " in line]
    assert [line.split()[1] for line in servers] == ["api-1:8000", "api-2:8000"]
    assert {"api-1", "api-2", "worker", "nginx", "postgres", "valkey", "neo4j", "minio"} <= set(services)
    for name, value in compose["x-studio"]["environment"].items():
        assert "://" not in str(value).replace("http://", "").replace("pgvector://", ""), f"{name} holds a URL itself"


def test_the_image_can_make_packages_of_plugins() -> None:
    """What isn't sent to the builder is in no wheel of the image."""
    out = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "!#"]
    patterns = [line.removeprefix("**/") for line in out if line.startswith("**/")]
    templates = (ROOT / "kernel" / "studio_kernel" / "scaffold" / "templates").rglob("*.txt")
    parts = {part for file in templates for part in file.relative_to(ROOT).parts}
    assert "tests" in parts
    assert [part for part in parts if any(fnmatch.fnmatch(part, pattern) for pattern in patterns)] == []


def test_nginx_writes_only_where_it_may(compose: dict[str, Any]) -> None:
    """The image's own configuration, which the platform's replaces, does the same."""
    nginx = compose["services"]["nginx"]
    places = re.findall(r"^(\w+_temp_path)\s+(\S+);", (DEPLOY / "nginx/site/http.conf").read_text(), re.MULTILINE)
    places += re.findall(r"(pid) ([^;]+);", nginx["command"][-1])
    kinds = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}
    assert {name for name, _ in places} == {"pid", *(f"{kind}_temp_path" for kind in kinds)}
    written = [each.partition(":")[0] for each in nginx["tmpfs"]]
    assert nginx["read_only"]
    assert all(str(Path(place).parent) in written for _, place in places)


def test_workers_have_room_for_audit_packs(compose: dict[str, Any], manifests: list[dict[str, Any]]) -> None:
    worker = compose["services"]["worker"]
    assert not any("/var/lib/studio" in each for each in worker["tmpfs"]), "a pack must not lie in memory"
    assert any(each.endswith(":/var/lib/studio") for each in worker["volumes"])
    deployed = next(each for each in manifests if each["metadata"]["name"] == "studio-worker")
    home = next(each for each in deployed["spec"]["template"]["spec"]["volumes"] if each["name"] == "home")
    # NOTE: not an emptyDir, whose size nobody inside sees: the pod would be evicted in the middle of a pack.
    assert home["ephemeral"]["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"] == "50Gi"


def test_what_is_deployed_searches_by_meaning(compose: dict[str, Any]) -> None:
    """A store for vectors is no use without what makes them."""
    assert compose["x-studio"]["environment"]["STUDIO_VECTORS_URL"] == "pgvector://"
    parts = (ROOT / "requirements-run.txt").read_text().splitlines()
    assert any(part.startswith("-e plugins/ai[embeddings") for part in parts), "the wheels are made"
    for page in (DEPLOY / "Dockerfile", ROOT / "docs" / "deploy.md"):
        assert f"studio-platform[{','.join(EXTRAS)}]" in page.read_text()


def test_nginx_starts_anew_with_the_processes_behind_it(compose: dict[str, Any]) -> None:
    assert [each["restart"] for each in compose["services"]["nginx"]["depends_on"].values()] == [True, True]


def test_the_secrets_are_made_once_and_fit_each_other(tmp_path: Path, compose: dict[str, Any]) -> None:
    shutil.copytree(DEPLOY / "secrets", tmp_path / "secrets")
    ran(tmp_path / "secrets" / "make.sh")
    first = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir() if "." not in file.name}
    assert set(first) == set(compose["secrets"])
    ran(tmp_path / "secrets" / "make.sh")
    assert {name: (tmp_path / "secrets" / name).read_text() for name in first} == first
    assert first["postgres_password"] in first["database_url"]
    assert first["neo4j_auth"].partition("/")[2] in first["neo4j_url"]
    ignored = (DEPLOY / "secrets" / ".gitignore").read_text().split()
    assert ignored[0] == "*"


# -- Kubernetes -----------------------------------------------------------------------------------------


def test_the_manifests_hold_to_the_schemas_of_kubernetes(tmp_path: Path, manifests: list[dict[str, Any]]) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    for version in ("1.29", "1.37"):
        ran(BIN / "kubernetes-validate", "--strict", "--kubernetes-version", version, file)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl on this machine")
def test_kustomize_builds_everything(manifests: list[dict[str, Any]]) -> None:
    built = [each for each in yaml.safe_load_all(ran("kubectl", "kustomize", DEPLOY / "kubernetes")) if each]
    assert {(each["kind"], each["metadata"]["name"]) for each in manifests} <= {
        (each["kind"], each["metadata"]["name"]) for each in built
    }
    # NOTE: the policies choose pods by this label, which pods get from kustomize.
    pods = [each["spec"]["template"] for each in built if each["kind"] in ("Deployment", "Job")]
    assert [pod["metadata"]["labels"]["app.kubernetes.io/part-of"] for pod in pods] == ["studio"] * 3


def test_pods_have_no_rights_and_no_claims(manifests: list[dict[str, Any]]) -> None:
    pods = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] in ("Deployment", "Job")]
    assert len(pods) == 3
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        assert all("persistentVolumeClaim" not in volume for volume in pod["volumes"])
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["resources"]["limits"]["memory"]


def test_pods_are_told_nothing_that_looks_like_a_setting(manifests: list[dict[str, Any]]) -> None:
    """Kubernetes tells each pod of the namespace's Services by variables, unless the pod says no."""
    names = [each["metadata"]["name"] for each in manifests if each["kind"] == "Service"]
    told = {f"{name.upper().replace('-', '_')}_SERVICE_HOST": "10.0.0.1" for name in names}
    with pytest.raises(ConfigurationError, match="STUDIO_API_SERVICE_HOST"):
        load_settings([], environment=told)
    pods = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] in ("Deployment", "Job")]
    assert [pod["enableServiceLinks"] for pod in pods] == [False] * 3


def test_pods_wait_for_nothing_but_what_the_job_does(manifests: list[dict[str, Any]]) -> None:
    deployments = [each for each in manifests if each["kind"] == "Deployment"]
    waiting = [container for each in deployments for container in each["spec"]["template"]["spec"]["initContainers"]]
    assert [each["args"] for each in waiting] == [["until studio migrate --check; do sleep 2; done"]] * 2


def test_only_workers_have_a_way_out_to_the_world(manifests: list[dict[str, Any]]) -> None:
    private = [ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
    out = {}
    for policy in (each for each in manifests if each["kind"] == "NetworkPolicy"):
        ways = [way for rule in policy["spec"].get("egress", ()) for way in rule["to"]]
        blocks = [ipaddress.ip_network(way["ipBlock"]["cidr"]) for way in ways if "ipBlock" in way]
        if not all(any(block.subnet_of(each) for each in private) for block in blocks):
            out[policy["metadata"]["name"]] = policy["spec"]["podSelector"]["matchLabels"]
    assert out == {"studio-world": {"app.kubernetes.io/name": "studio-worker"}}


def test_pods_wait_as_long_as_the_platform_takes_to_end(manifests: list[dict[str, Any]]) -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    literals = dict(text.split("=", 1) for text in kustomization["configMapGenerator"][0]["literals"])
    api = next(each for each in manifests if each["metadata"]["name"] == "studio-api" and each["kind"] == "Deployment")
    ready = api["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    noticed = ready["periodSeconds"] * ready["failureThreshold"]
    drain = float(literals["STUDIO_DRAIN_SECONDS"])
    assert noticed < drain < drain + 15 < api["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_every_file_is_part_of_the_kustomization() -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    files = {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


# -- systemd --------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "studio"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in (DEPLOY / "systemd").glob("studio-*.*"):
        name = unit.name.replace("@.", "@8001.")
        (tmp_path / name).write_text(unit.read_text().replace("/opt/studio/bin/studio", str(program)))
        (tmp_path / unit.name).write_text((tmp_path / name).read_text())
    for unit in sorted(tmp_path.glob("studio-*.*")):
        if "@." not in unit.name and unit.suffix in (".service", ".socket", ".timer"):
            assert ran("systemd-analyze", "verify", "--man=no", f"./{unit.name}", cwd=tmp_path) == ""
            if unit.suffix == ".service":
                ran("systemd-analyze", "security", "--offline=true", "--threshold=25", f"./{unit.name}", cwd=tmp_path)


def test_migrating_again_stops_nothing() -> None:
    """`systemctl restart` of a unit also stops and starts what requires it (systemd.unit(5))."""
    bound = ("Requires", "Requisite", "BindsTo", "PartOf", "Upholds")
    for unit in (DEPLOY / "systemd").glob("studio-*.*"):
        lines = [line.partition("=") for line in unit.read_text().splitlines()]
        named = {key for key, _, value in lines if "studio-migrate.service" in value.split()}
        assert named.isdisjoint(bound), unit.name
        if unit.name in ("studio-api@.service", "studio-worker@.service"):
            assert {"Wants", "After"} <= named, unit.name


# -- Prometheus and Grafana -----------------------------------------------------------------------------

# What Prometheus itself adds.
_OF_PROMETHEUS = {"up"}


def rules() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """Every query in rules and dashboard, by where it stands."""
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    board = json.loads((DEPLOY / "grafana" / "studio.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            text = target["expr"].replace("$__rate_interval", "5m").replace("$job", "studio")
            found[f"{panel['title']} {target['refId']}"] = text
    return found


def selectors(node: Any) -> Iterator[Any]:
    """The vector selectors of a parsed query."""
    if type(node).__name__ == "VectorSelector":
        yield node
    for name in ("expr", "lhs", "rhs", "param", "vector_selector", "vs"):
        if getattr(node, name, None) is not None:
            yield from selectors(getattr(node, name))
    for argument in getattr(node, "args", None) or ():
        yield from selectors(argument)


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The samples of a platform that has worked, with the names of their labels, as its /metrics shows them."""
    from prometheus_client.parser import text_string_to_metric_families

    from studio_kernel.jobs import JobRow
    from studio_kernel.testing.app import StudioApp

    with contextlib.closing(StudioApp(tmp_path_factory.mktemp("metrics"))) as app:
        app.anonymous.get("/api/v1/projects")
        app.platform.jobs.enqueue("kernel.prune")
        unknown = app.platform.jobs.enqueue("kernel.audit-anchor")
        app.platform.database.update(JobRow, {"kind": "work.of-another"}, where={"id": unknown})
        text = app.anonymous.get("/metrics").text
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


def test_rules_and_dashboard_ask_for_metrics_that_exist(exposed: dict[str, set[str]]) -> None:
    asked = expressions()
    assert len(asked) > 20
    for place, text in asked.items():
        found = list(selectors(promql_parser.parse(text)))
        assert found, f"{place} asks for nothing"
        for selector in found:
            assert selector.name in exposed or selector.name in _OF_PROMETHEUS, f"{place} asks for {selector.name}"
            labels = {matcher.name for matcher in selector.matchers.matchers} - {"job", "instance"}
            assert labels <= exposed.get(selector.name, set()), f"{place} asks for labels {labels}"


def test_every_metric_of_the_platform_is_shown(exposed: dict[str, set[str]]) -> None:
    text = " ".join(expressions().values())
    ours = {name.removesuffix("_created") for name in exposed if name.startswith("studio_")}
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in ours}
    assert [name for name in families if name not in text] == []


def test_every_alert_says_what_to_do() -> None:
    assert [rule["alert"] for rule in rules() if len(rule["annotations"]) < 2 or "severity" not in rule["labels"]] == []


@pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool (Debian: prometheus)")
def test_promtool_takes_the_rules() -> None:
    ran("promtool", "check", "rules", DEPLOY / "prometheus" / "alerts.yml")
