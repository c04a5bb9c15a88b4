"""Reports as OSCAL: assessment results and a system security plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio_compliance.importing.oscal_export import (
    OSCAL_VERSION,
    OWN,
    named_uuid,
    own_property,
    token_of,
)
from studio_compliance.reports.dossier import Dossier
from studio_evidence.api import HeldVersion
from studio_projects.api import ProjectControl

_STATES = {
    "complete": "implemented",
    "in_progress": "partial",
    "not_started": "planned",
    "not_applicable": "not-applicable",
}


def assessment_results(dossier: Dossier) -> dict[str, Any]:
    """One result for each framework: each applicable control as a finding, evidence not rejected as observations."""
    plan = named_uuid("plan", dossier.project.id)
    described = {
        "uuid": plan,
        "title": "Continuous assessment",
        "description": "Evidence is collected, reviewed and expires by the rules of Studio Platform.",
    }
    return {
        "assessment-results": {
            "uuid": named_uuid("results", dossier.project.id, dossier.at),
            "metadata": _metadata(dossier, "Assessment results"),
            "import-ap": {"href": f"#{plan}"},
            "results": [_result(dossier, framework_id) for framework_id, _ in dossier.frameworks],
            "back-matter": {"resources": [described, *_resources(dossier)]},
        }
    }


def security_plan(dossier: Dossier) -> dict[str, Any]:
    """The system as the project describes it, with how far each control of its primary framework is implemented."""
    framework_id = dossier.project.framework
    catalogue = named_uuid("framework", framework_id)
    name = dossier.framework_name(framework_id)
    system = named_uuid("system", dossier.project.id)
    source = {"uuid": catalogue, "title": name, "description": f"The controls of {name}."}
    return {
        "system-security-plan": {
            "uuid": named_uuid("plan", dossier.project.id, dossier.at),
            "metadata": _metadata(dossier, "System security plan"),
            "import-profile": {"href": f"#{catalogue}"},
            "system-characteristics": _characteristics(dossier),
            "system-implementation": {
                "users": _users(dossier),
                "components": [
                    {
                        "uuid": system,
                        "type": "this-system",
                        "title": _line(dossier.project.name),
                        "description": f"The system that the project {_line(dossier.project.name)} assesses.",
                        "status": {"state": "operational"},
                    }
                ],
            },
            "control-implementation": {
                "description": f"How the controls of {name} are implemented, as of {dossier.at[:10]}.",
                "implemented-requirements": list(_requirements(dossier, system)),
            },
            "back-matter": {"resources": [source, *_resources(dossier)]},
        }
    }


def _metadata(dossier: Dossier, title: str) -> dict[str, Any]:
    parties = [
        {"uuid": named_uuid("person", each.user_id), "type": "person", "name": _line(dossier.name(each.user_id))}
        for each in dossier.members
    ]
    return {
        "title": f"{title}: {_line(dossier.project.name)}",
        "last-modified": dossier.at,
        "version": dossier.at,
        "oscal-version": OSCAL_VERSION,
        **({"parties": parties} if parties else {}),
    }


def _result(dossier: Dossier, framework_id: str) -> dict[str, Any]:
    controls = [each for each in dossier.controls if each.framework_id == framework_id]
    tokens = _tokens(dossier, framework_id, controls)
    applicable = [each for each in controls if each.status != "not_applicable"]
    served = {each.control_id for each in controls}
    shown = [each for each in dossier.current if each.status != "rejected"]
    pieces = [each for each in shown if served.intersection(each.control_ids)]
    # NOTE: a piece that serves controls of several frameworks is an observation in each of their results.
    observed = {each.evidence_id: named_uuid("observation", each.evidence_id, framework_id) for each in pieces}
    selection: dict[str, Any] = {"description": f"The applicable controls of {dossier.framework_name(framework_id)}."}
    if applicable:
        selection["include-controls"] = [{"control-id": tokens[each.control_id]} for each in applicable]
    result: dict[str, Any] = {
        "uuid": named_uuid("result", dossier.project.id, framework_id, dossier.at),
        "title": dossier.framework_name(framework_id),
        "description": f"Score of the project: {dossier.score['overall_score']} of 100.",
        "start": dossier.at,
        "props": [
            own_property("overall-score", str(dossier.score["overall_score"])),
            own_property("coverage", f"{dossier.score['coverage']['value']:g}"),
        ],
        "reviewed-controls": {"control-selections": [selection]},
    }
    if pieces:
        result["observations"] = [_observation(dossier, each, observed[each.evidence_id]) for each in pieces]
    if applicable:
        result["findings"] = [_finding(dossier, each, tokens[each.control_id], observed) for each in applicable]
    return result


def _observation(dossier: Dossier, piece: HeldVersion, uuid: str) -> dict[str, Any]:
    reviews = [each for each in dossier.reviews if each.evidence_id == piece.evidence_id]
    remarks = [
        f"{each.created_at[:10]} {dossier.name(each.reviewer_id)}: {each.decision}. {each.comment}" for each in reviews
    ]
    observation: dict[str, Any] = {
        "uuid": uuid,
        "title": _line(piece.title),
        "description": piece.description.strip() or _line(piece.title),
        "props": [own_property("status", piece.status), own_property("quality-score", str(piece.quality_score))],
        "methods": ["EXAMINE"],
        "types": ["control-objective"],
        "relevant-evidence": [
            {
                "href": f"#{named_uuid('evidence', piece.evidence_id)}",
                "description": f"{_line(piece.file_name or piece.title)}, version {piece.number}",
            }
        ],
        "collected": piece.uploaded_at,
    }
    if piece.expires_at is not None:
        observation["expires"] = piece.expires_at
    return observation | ({"remarks": "\n\n".join(remarks)} if remarks else {})


def _finding(dossier: Dossier, control: ProjectControl, token: str, observed: Mapping[str, str]) -> dict[str, Any]:
    related = [
        {"observation-uuid": observed[each.evidence_id]}
        for each in dossier.serving.get(control.control_id, ())
        if each.evidence_id in observed
    ]
    status: dict[str, Any] = {"state": "satisfied" if control.status == "complete" else "not-satisfied"}
    if control.override_status is not None and control.override_reason:
        status["remarks"] = f"Decided by a person: {control.override_reason}"
    elif control.via:
        status["remarks"] = f"Shown by: {'; '.join(_line(each) for each in dossier.shown_by(control))}"
    finding: dict[str, Any] = {
        "uuid": named_uuid("finding", dossier.project.id, control.control_id),
        "title": _line(f"{control.number} {control.title}"),
        "description": f"The control is {control.status.replace('_', ' ')}.",
        "props": [own_property("priority", control.priority), own_property("implementation", _STATES[control.status])],
        "target": {"type": "objective-id", "target-id": token, "status": status},
    }
    return finding | ({"related-observations": related} if related else {})


def _characteristics(dossier: Dossier) -> dict[str, Any]:
    name = _line(dossier.project.name)
    return {
        "system-ids": [{"identifier-type": OWN, "id": dossier.project.id}],
        "system-name": name,
        "description": f"The system in the scope of the project {name}.",
        "system-information": {
            "information-types": [
                {
                    "uuid": named_uuid("information", dossier.project.id),
                    "title": "Information in scope",
                    "description": "The information that the assessed system holds; classify it before use.",
                }
            ]
        },
        "status": {"state": "operational"},
        "authorization-boundary": {"description": f"What the project {name} assesses."},
    }


def _users(dossier: Dossier) -> list[dict[str, Any]]:
    found = [
        {
            "uuid": named_uuid("user", dossier.project.id, each.user_id),
            "title": _line(dossier.name(each.user_id)),
            "props": [own_property("project-role", each.role)],
        }
        for each in dossier.members
    ]
    return found or [{"uuid": named_uuid("user", dossier.project.id, "nobody"), "title": "Administrator"}]


def _requirements(dossier: Dossier, system: str) -> Iterator[dict[str, Any]]:
    framework_id = dossier.project.framework
    controls = [each for each in dossier.controls if each.framework_id == framework_id]
    tokens = _tokens(dossier, framework_id, controls)
    for control in controls:
        reason = control.not_applicable_reason or control.override_reason
        status = {"state": _STATES[control.status], **({"remarks": reason} if reason else {})}
        evidence = "; ".join(_line(each) for each in dossier.shown_by(control))
        links = [
            {"href": f"#{named_uuid('evidence', each.evidence_id)}", "rel": "evidence"}
            for each in dossier.serving.get(control.control_id, ())
        ]
        component: dict[str, Any] = {
            "component-uuid": system,
            "uuid": named_uuid("by-component", dossier.project.id, control.control_id),
            "description": f"Shown by: {evidence}" if evidence else "No evidence yet.",
            "implementation-status": status,
        }
        yield {
            "uuid": named_uuid("requirement", dossier.project.id, control.control_id),
            "control-id": tokens[control.control_id],
            "props": [own_property("label", _line(control.number))],
            "by-components": [component | ({"links": links} if links else {})],
        }


def _resources(dossier: Dossier) -> list[dict[str, Any]]:
    """The pieces of evidence, with what tells their files apart."""
    return [
        {
            "uuid": named_uuid("evidence", each.evidence_id),
            "title": _line(each.title),
            "rlinks": [
                {
                    "href": each.url or f"/api/v1/evidence/{each.evidence_id}/file",
                    **({"media-type": each.content_type} if each.content_type else {}),
                    **({"hashes": [{"algorithm": "SHA-256", "value": each.sha256}]} if each.sha256 else {}),
                }
            ],
        }
        for each in dossier.current
    ]


def _tokens(dossier: Dossier, framework_id: str, controls: list[ProjectControl]) -> Mapping[str, str]:
    """OSCAL's ids of the controls, by theirs: those that they have in the framework's own catalogue."""
    known = dossier.catalogue_ids(framework_id)
    return {each.control_id: known.get(each.number, token_of(each.number)) for each in controls}


def _line(text: str) -> str:
    """Text on one line, without blanks at its ends; never empty."""
    return " ".join(text.split()) or "-"
