"""The use case: a policy draft for a company, tied to the controls of a framework."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from studio_ai.mentions import words_of
from studio_ai.policies.library import PolicyLibrary, PolicyTemplate, TemplateSection
from studio_ai.policies.markdown import escape
from studio_ai.policies.rubric import judge
from studio_kernel.clock import to_text
from studio_kernel.errors import ValidationFailed
from studio_kernel.frameworks import Control, Framework
from studio_kernel.plugins import closest

if TYPE_CHECKING:
    from studio_kernel.app import Platform

_MOST_FOUND_CONTROLS = 4
_CLOSING = (
    (
        "Exceptions",
        [
            "An exception must be requested in writing with its reason, its risk and the measures taken instead. The "
            "security lead of {company} decides on it for at most 180 days and keeps a register of exceptions."
        ],
    ),
    (
        "Enforcement",
        [
            "Managers and internal reviews check that this document is followed. A breach can lead to disciplinary "
            "measures up to the end of employment or contract, within what the law allows."
        ],
    ),
    (
        "Review",
        [
            "The security lead reviews this document at least every 12 months, and after every significant change or "
            "incident. Executive management approves each version before it takes effect."
        ],
    ),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """For whom a draft is made, names escaped; ``day`` is its date."""

    company: str
    industry: str
    framework: Framework | None
    control: Control | None
    day: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was made: its template, for whom, and its text in Markdown."""

    template: PolicyTemplate
    subject: Subject
    content: str
    made_at: str


class PolicyDrafts:
    """Makes drafts from templates."""

    def __init__(self, platform: Platform, library: PolicyLibrary) -> None:
        self._frameworks = platform.frameworks
        self._clock = platform.clock
        self._library = library

    def draft(
        self,
        policy_id: str,
        *,
        company: str,
        industry: str | None = None,
        framework_id: str | None = None,
        control_id: str | None = None,
    ) -> dict[str, Any]:
        """A draft as the API shows it; ``ValidationFailed`` names the field and what is known."""
        made = self.make(
            policy_id, company=company, industry=industry, framework_id=framework_id, control_id=control_id
        )
        return shown(made, made.content)

    def make(
        self,
        policy_id: str,
        *,
        company: str,
        industry: str | None = None,
        framework_id: str | None = None,
        control_id: str | None = None,
    ) -> Draft:
        """The same before it is shown, for whoever works on it."""
        template = self._library.get(policy_id)
        if template is None:
            known = self._library.ids()
            raise ValidationFailed("type", f"Must be one of: {', '.join(known)}{closest(policy_id, known)}")
        control = self._control(control_id, framework_id)
        framework = self._framework(control.framework_id if control else framework_id)
        now = to_text(self._clock())
        subject = Subject(escape(company), escape(industry or ""), framework, control, now[:10])
        return Draft(template, subject, "\n".join(_lines(template, subject)) + "\n", now)

    def _framework(self, framework_id: str | None) -> Framework | None:
        if framework_id is None:
            return None
        framework = self._frameworks.get(framework_id)
        if framework is None:
            known = ", ".join(each.id for each in self._frameworks)
            raise ValidationFailed("framework", f"Must be one of the installed frameworks: {known}")
        return framework

    def _control(self, control_id: str | None, framework_id: str | None) -> Control | None:
        if control_id is None:
            return None
        control = self._frameworks.control(control_id)
        if control is None:
            raise ValidationFailed("control_id", "There is no such control in the installed frameworks")
        if framework_id is not None and control.framework_id != framework_id:
            self._framework(framework_id)
            raise ValidationFailed("control_id", f"Belongs to the framework {control.framework_id}, not {framework_id}")
        return control


def shown(made: Draft, content: str) -> dict[str, Any]:
    """A draft with this text, judged, as the API shows it."""
    subject = made.subject
    checks = judge(
        content,
        company=subject.company,
        industry=subject.industry,
        control_number=subject.control.number if subject.control else "",
        control_numbers=[each.number for each in subject.framework.controls] if subject.framework else [],
    )
    return {
        "title": made.template.title,
        "content": content,
        "format": "markdown",
        "generated_at": made.made_at,
        "quality_score": sum(check.points for check in checks),
        "quality": [asdict(check) for check in checks],
        "type": made.template.id,
    }


def _lines(template: PolicyTemplate, subject: Subject) -> Iterator[str]:
    def fill(text: str) -> str:
        return text.replace("{company}", subject.company)

    yield f"# {template.title}"
    for number, (title, body) in enumerate(_sections(template, subject), 1):
        yield ""
        yield f"## {number}. {title}"
        for line in body:
            yield fill(line) if "{company}" in line else line


def _sections(template: PolicyTemplate, subject: Subject) -> Iterator[tuple[str, Iterable[str]]]:
    yield "Purpose", [template.purpose, *_industry(subject)]
    yield "Scope", [template.scope]
    yield "Roles and responsibilities", _table(("Role", "Responsibility"), template.roles)
    yield "Policy statements", _statements(template, subject.framework)
    if subject.control is not None:
        yield "Requirement addressed", _requirement(subject.control, subject.framework)
    yield from _CLOSING
    yield (
        "Version history",
        _table(("Version", "Date", "Author", "Approved by", "Change"), [("0.1", subject.day, "", "", "First draft")]),
    )


def _industry(subject: Subject) -> Iterator[str]:
    if subject.industry:
        yield ""
        yield (
            f"{{company}} works in the field of {subject.industry}. Laws, contracts and what customers expect in that "
            "field apply beside this document, and the stricter rule wins."
        )


def _statements(template: PolicyTemplate, framework: Framework | None) -> Iterator[str]:
    """Groups of statements, numbered within the fourth section."""
    for number, section in enumerate(template.sections, 1):
        yield ""
        yield f"### 4.{number} {section.title}"
        yield ""
        yield from (f"- {statement}" for statement in section.statements)
        controls = _controls(section, framework) if framework else []
        if framework is not None and controls:
            named = "; ".join(f"{each.number} {each.title}" for each in controls)
            yield ""
            yield f"*Controls: {framework.name} {named}*"


def _controls(section: TemplateSection, framework: Framework) -> list[Control]:
    """The controls that the template names for this framework, else those whose titles share its topics."""
    if framework.id in section.controls:
        numbers = section.controls[framework.id]
        return [control for control in framework.controls if control.number in numbers]
    topics = words_of(" ".join(section.topics))
    scored = [(len(topics & words_of(control.title)), control) for control in framework.controls]
    close = sorted((each for each in scored if each[0]), key=lambda each: -each[0])
    return [control for _, control in close[:_MOST_FOUND_CONTROLS]]


def _requirement(control: Control, framework: Framework | None) -> Iterator[str]:
    name = framework.name if framework else control.framework_id
    yield f"This document serves {name} {control.number} ({control.title}). {control.description}"
    if control.expected_evidence:
        yield ""
        yield "Evidence that shows it to work:"
        yield ""
        yield from (f"* {each.title}" for each in control.expected_evidence)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    headings = list(headings)
    yield ""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
