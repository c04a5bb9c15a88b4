"""What the graph says of one thing, read from the relational truth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_auth.api import Accounts
from studio_evidence.api import EvidenceLibrary, EvidenceRef
from studio_kernel.frameworks import Control, Framework
from studio_kernel.mappings import Mapping
from studio_kernel.storage.graph import Edge, Node, Property
from studio_projects.api import ProjectRef, Projects

if TYPE_CHECKING:
    from studio_kernel.app import Platform

MEMBER_OF, INCLUDES, HAS_EVIDENCE = "MEMBER_OF", "INCLUDES", "HAS_EVIDENCE"
UPLOADED, REVIEWED, MAPPED_TO, TAGGED = "UPLOADED", "REVIEWED", "MAPPED_TO", "TAGGED"
_FRAMEWORK, _TAG = "framework:", "tag:"


def framework_node_id(framework_id: str) -> str:
    """The node of a framework; other things may be named like it."""
    return f"{_FRAMEWORK}{framework_id}"


def tag_node_id(tag: str) -> str:
    """The node of a tag."""
    return f"{_TAG}{tag}"


def tag_of(node_id: str) -> str:
    """The tag that a node stands for, or an empty text."""
    return node_id.removeprefix(_TAG) if node_id.startswith(_TAG) else ""


@dataclass(slots=True)
class Part:
    """Nodes and edges about some things. ``own`` nodes are about them alone, ``shared`` ones others lead to as well."""

    own: list[Node] = field(default_factory=list)
    shared: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def facts(self) -> tuple[list[Node], list[Edge]]:
        """What is compared to see whether the truth has moved meanwhile."""
        return self.own, self.edges


class Truth:
    """Reads parts of the graph from the database."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._accounts = Accounts(platform)
        self._library = EvidenceLibrary(platform)
        self._projects = Projects(platform)

    def definitions(self) -> Part:
        """Frameworks, their controls, and the mappings between them."""
        part = Part()
        for framework in self._platform.frameworks:
            part.own.append(_framework(framework))
            part.own += [_control(control) for control in framework.controls]
            source = framework_node_id(framework.id)
            part.edges += [Edge(INCLUDES, source, control.id) for control in framework.controls]
        part.edges += [
            Edge(MAPPED_TO, each.from_id, each.to_id, _mapping_facts(each)) for each in self._platform.mappings.all()
        ]
        return part

    def project(self, project_id: str) -> Part | None:
        """A project with its team and frameworks; None when there is no such project."""
        found = self._projects.found([project_id])
        if not found:
            return None
        part = Part(own=[_project(found[0])])
        members = self._projects.members(project_id)
        part.shared += self.users({member.user_id for member in members})
        part.edges += [Edge(MEMBER_OF, each.user_id, project_id, {"role": each.role}) for each in members]
        frameworks = self._projects.frameworks(project_id)
        part.edges += [
            Edge(INCLUDES, project_id, framework_node_id(each), {"primary": number == 0})
            for number, each in enumerate(frameworks)
        ]
        part.shared += self._frameworks(frameworks)
        return part

    def evidence(self, pieces: Sequence[EvidenceRef]) -> Part:
        """Pieces of evidence with who had a hand in them, what they serve, and their tags."""
        part = Part(own=[_evidence(piece) for piece in pieces])
        ids = [piece.id for piece in pieces]
        tags, uploads, reviews = self._library.tags(ids), self._library.uploaded(ids), self._library.reviewed(ids)
        for piece in pieces:
            part.edges.append(Edge(HAS_EVIDENCE, piece.project_id, piece.id))
            part.edges += [Edge(HAS_EVIDENCE, control_id, piece.id) for control_id in piece.control_ids]
            part.edges += [Edge(TAGGED, piece.id, tag_node_id(tag)) for tag in tags.get(piece.id, ())]
        part.edges += [Edge(UPLOADED, each.user_id, each.evidence_id, {"at": each.at}) for each in uploads]
        part.edges += [
            Edge(REVIEWED, each.user_id, each.evidence_id, {"at": each.at, "decision": each.decision})
            for each in reviews
        ]
        part.shared += self.users({each.user_id for each in (*uploads, *reviews)})
        part.shared += [
            Node("Tag", tag_node_id(tag), {"name": tag}) for tag in {t for each in tags.values() for t in each}
        ]
        part.shared += self._controls({control_id for piece in pieces for control_id in piece.control_ids})
        part.shared += [_project(ref) for ref in self._projects.found({piece.project_id for piece in pieces})]
        return part

    def users(self, user_ids: Collection[str]) -> list[Node]:
        """People by id, with their names."""
        names = self._accounts.names(user_ids)
        return [Node("User", user_id, {"name": names.get(user_id, "")}) for user_id in sorted(user_ids)]

    def needed_tags(self, tags: Collection[str]) -> dict[str, set[str]]:
        """Tags that some evidence carries, with that evidence."""
        return self._library.tagged(tags)

    def needed_users(self, user_ids: Iterable[str]) -> dict[str, tuple[list[str], set[str]]]:
        """People who are in a team or had a hand in evidence, with those projects and pieces."""
        found = {each: (self._projects.of_member(each), self._library.by_hand(each)) for each in user_ids}
        return {user_id: places for user_id, places in found.items() if any(places)}

    def _frameworks(self, framework_ids: Iterable[str]) -> list[Node]:
        found = (self._platform.frameworks.get(each) for each in framework_ids)
        return [_framework(each) for each in found if each is not None]

    def _controls(self, control_ids: Iterable[str]) -> list[Node]:
        found = (self._platform.frameworks.control(each) for each in sorted(control_ids))
        return [_control(each) for each in found if each is not None]


def _project(ref: ProjectRef) -> Node:
    facts = {"name": ref.name, "status": ref.status, "framework": ref.framework, "project_id": ref.id}
    return Node("Project", ref.id, facts)


def _framework(framework: Framework) -> Node:
    return Node("Framework", framework_node_id(framework.id), {"name": framework.name, "version": framework.version})


def _control(control: Control) -> Node:
    facts = {
        "framework": control.framework_id,
        "number": control.number,
        "title": control.title,
        "category": control.category,
        "priority": control.priority,
    }
    return Node("Control", control.id, facts)


def _mapping_facts(mapping: Mapping) -> dict[str, str]:
    return {"relation": mapping.relation, "rationale": mapping.rationale, "source_name": mapping.source}


def _evidence(piece: EvidenceRef) -> Node:
    facts: dict[str, Property] = {
        "title": piece.title,
        "status": piece.status,
        "quality_score": piece.quality_score,
        "project_id": piece.project_id,
        "expires_at": piece.expires_at,
    }
    return Node("Evidence", piece.id, facts)
