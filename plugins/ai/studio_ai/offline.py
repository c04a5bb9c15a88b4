"""The built-in provider: answers from definitions, project state and evidence by templates, without network or key.

Each statement names what it rests on by its id in square brackets, as answers of models do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from studio_ai.grounding import title_of
from studio_ai.policies.markdown import escape
from studio_ai.providers import ControlFacts, EvidenceRef, ProjectFacts, Question, Reply
from studio_ai.retrieval.passages import Passage
from studio_kernel.frameworks import Framework

_STATUS = {
    "complete": "complete",
    "in_progress": "in progress",
    "not_started": "not started",
    "not_applicable": "not applicable",
    "pending": "waiting for review",
    "in_review": "in review",
    "approved": "approved",
    "rejected": "rejected",
}
_MOST_LISTED = 10
_MOST_QUOTED = 3
_LONGEST_QUOTE = 320


class OfflineProvider:
    """Everything it says stands in the question's sources; without any it says so."""

    id = "offline"
    title = "Built-in answers from framework definitions and project state"
    needs_network = False

    def answer(self, question: Question) -> Reply:
        """The same question with the same sources always gets the same answer."""
        if question.controls:
            return _about_controls(question)
        if question.passages:
            return _from_evidence(question)
        if question.related:
            return _about_related(question)
        if question.frameworks:
            return _about_frameworks(question)
        if question.project is not None:
            return _about_project(question.project)
        return Reply(
            "I have no source for that. I answer from the installed frameworks and from your projects, and the "
            "question names none of their controls. Name a control by its number, such as SOC 2 CC6.1, or send "
            "`context.control_id`; with `context.project_id` I also tell what the project already holds."
        )


def _about_controls(question: Question) -> Reply:
    paragraphs = [text for facts in question.controls for text in _control(facts, question.project)]
    if question.passages:
        paragraphs += ["What its evidence says:", _quoted(question.passages)]
    if question.drafts:
        paragraphs.append(f"Would you like me to draft the {_either(question.drafts)}?")
    cited = [facts.control.id for facts in question.controls]
    cited += [piece.id for facts in question.controls for piece in facts.evidence]
    cited += [passage.id for passage in question.passages[:_MOST_QUOTED]]
    if question.project is not None:
        cited.append(question.project.id)
    return Reply("\n\n".join(paragraphs), tuple(cited))


def _control(facts: ControlFacts, project: ProjectFacts | None) -> Iterator[str]:
    control = facts.control
    name = f"{facts.framework.name} control {control.number} ({control.title})"
    if control.expected_evidence:
        yield f"For {name}, you'll need:"
        yield "\n".join(
            f"{number}. {each.title} - {each.description}" if each.description else f"{number}. {each.title}"
            for number, each in enumerate(control.expected_evidence, 1)
        )
    else:
        yield f"{name} has no list of expected evidence in its definition. What it asks for: {control.description}"
    yield (
        f"Renew this evidence at least every {control.renewal_days} days; older evidence no longer counts. "
        f"[{control.id}]"
    )
    if project is not None:
        yield from _state(facts, project)


def _state(facts: ControlFacts, project: ProjectFacts) -> Iterator[str]:
    name = escape(project.name)
    if not facts.status:
        yield (
            f"The project “{name}” isn't assessed against {facts.framework.name}, so this control is not tracked there."
        )
        return
    if facts.status == "not_applicable":
        yield f"In the project “{name}” this control is marked as not applicable, so it needs no evidence."
        return
    standing = f"In the project “{name}” this control is {_STATUS[facts.status]} and has"
    if facts.evidence:
        yield f"{standing} {_count(len(facts.evidence) + facts.unnamed, 'piece')} of evidence:"
        yield _listed(facts)
    else:
        yield f"{standing} no evidence yet."
    if facts.missing:
        yield f"Still missing: {'; '.join(facts.missing)} (no current, approved evidence goes by these names)."
    expiring = [each for each in facts.evidence if each.expires_soon]
    if expiring:
        dates = "; ".join(f"{escape(each.title)} on {(each.expires_at or '')[:10]} [{each.id}]" for each in expiring)
        yield f"Expiring soon: {dates}."
    yield f"Next step: {_next_step(facts)}"


def _listed(facts: ControlFacts) -> str:
    named = facts.evidence[:_MOST_LISTED]
    lines = [f"- {escape(each.title)} ({_standing(each)}) [{each.id}]" for each in named]
    more = len(facts.evidence) + facts.unnamed - len(named)
    if more:
        lines.append(f"- and {more} more")
    return "\n".join(lines)


def _standing(piece: EvidenceRef) -> str:
    expired = piece.status == "approved" and not piece.current
    words = ["approved, but expired" if expired else _STATUS.get(piece.status, piece.status)]
    words.append(f"quality {piece.quality_score}" if piece.quality_score else "quality not judged yet")
    if piece.current and piece.expires_at is not None:
        words.append(f"until {piece.expires_at[:10]}")
    return ", ".join(words)


def _next_step(facts: ControlFacts) -> str:
    waiting = [each for each in facts.evidence if each.status in ("pending", "in_review")]
    expired = [each for each in facts.evidence if each.status == "approved" and not each.current]
    rejected = [each for each in facts.evidence if each.status == "rejected"]
    soon = [each for each in facts.evidence if each.expires_soon]
    if facts.status == "complete" and soon:
        return f"upload a new version of “{escape(soon[0].title)}” before {(soon[0].expires_at or '')[:10]}."
    if facts.status == "complete" and facts.missing:
        return f"the control counts as complete; upload “{facts.missing[0]}” to answer all that it expects."
    if facts.status == "complete":
        return "none for now; keep the evidence current."
    if expired:
        return f"upload a new version of “{escape(expired[0].title)}”, which has expired."
    if waiting:
        return f"have “{escape(waiting[0].title)}” reviewed by somebody other than whoever uploaded it."
    if rejected and not any(each.current for each in facts.evidence):
        return f"correct “{escape(rejected[0].title)}” as the review asks, and upload a new version."
    if facts.missing:
        return f"upload “{facts.missing[0]}” for this control."
    return "upload evidence for this control and have it reviewed."


def _from_evidence(question: Question) -> Reply:
    """The passages that come closest, word for word: the built-in provider adds nothing of its own to them."""
    name = escape(question.project.name) if question.project is not None else ""
    paragraphs = [
        f"These passages of the evidence in the project “{name}” come closest to the question:",
        _quoted(question.passages),
    ]
    cited = [each.id for each in question.passages[:_MOST_QUOTED]]
    if question.related:
        facts = question.related[0]
        paragraphs.append(
            f"The control that comes closest is {facts.framework.name} {facts.control.number} "
            f"({facts.control.title}) [{facts.control.id}]."
        )
        cited.append(facts.control.id)
    return Reply("\n\n".join(paragraphs), tuple(cited))


def _quoted(passages: Sequence[Passage]) -> str:
    lines = [f"- {_quote(each.text)} — {escape(title_of(each))} [{each.id}]" for each in passages[:_MOST_QUOTED]]
    return "\n".join(lines)


def _quote(text: str) -> str:
    """A passage on one line, as text and not as markup; a long one ends after a word."""
    plain = escape(text)
    if len(plain) > _LONGEST_QUOTE:
        plain = plain[:_LONGEST_QUOTE].rsplit(" ", 1)[0].rstrip("\\") + " …"
    return f"“{plain}”"


def _about_related(question: Question) -> Reply:
    lines = [
        f"- {facts.framework.name} {facts.control.number} ({facts.control.title}): {facts.control.description}"
        for facts in question.related
    ]
    text = (
        "The question names no control by its number. These controls come closest by their titles:\n\n"
        + "\n".join(lines)
        + "\n\nAsk about one of them by its number to see the evidence that it expects."
    )
    return Reply(text, tuple(facts.control.id for facts in question.related))


def _about_frameworks(question: Question) -> Reply:
    paragraphs = [_framework(framework) for framework in question.frameworks]
    paragraphs.append("Ask about a control by its number to see the evidence that it expects.")
    return Reply("\n\n".join(paragraphs), tuple(each.id for each in question.frameworks))


def _framework(framework: Framework) -> str:
    counted = Counter(control.category for control in framework.controls)
    lines = [f"- {each.title}: {_count(counted[each.id], 'control')}" for each in framework.categories]
    description = framework.description.rstrip(".")
    head = f"{framework.name}, version {framework.version}: {description}." if description else f"{framework.name}."
    return f"{head} It has {_count(len(framework.controls), 'control')}:\n\n" + "\n".join(lines)


def _about_project(project: ProjectFacts) -> Reply:
    text = (
        f"The project “{escape(project.name)}” has a compliance score of {project.score} of 100. The question names "
        "no control, so that is all I have a source for; ask about a control by its number to hear what it lacks."
    )
    return Reply(text, (project.id,))


def _either(names: Sequence[str]) -> str:
    return " or the ".join(([", the ".join(names[:-1])] if names[:-1] else []) + [names[-1]])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
