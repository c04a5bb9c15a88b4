"""Which frameworks and controls a message names, by the registry of the installed frameworks."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from studio_kernel.frameworks import Control, Framework

_TOKENS = re.compile(r"[A-Za-z0-9][A-Za-z0-9./()\-]*")
_NOT_NAME = re.compile(r"[^a-z0-9]")
# Closing words of names that people leave out: "SOC 2" for "SOC 2 Type II", "ISO/IEC 27001" for "…:2022".
_TAILS = re.compile(r"(\s+type\s+(i|ii|1|2)|\s*:\s*\d{4}|\s+v?\d+\.\d+(\.\d+)?)\s*$", re.IGNORECASE)
_LONGEST_NAME = 6
EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by can control controls do does evidence for from have how i in is it me my need "
        "of on or our should show that the this to us we what when where which who why with you your about explain "
        "help must out please tell their them they want will would",
    )
)


def words_of(text: str) -> frozenset[str]:
    """The words that say what a text is about, in singular."""
    words = re.findall(r"[a-z0-9]{3,}", text.lower())
    return frozenset(word.removesuffix("s") for word in words if word not in EMPTY_WORDS)


@dataclass(frozen=True, slots=True)
class _Text:
    framework: Framework
    control: Control
    title: frozenset[str]
    description: frozenset[str]


@dataclass(slots=True)
class Mentions:
    """An index of names and numbers, as the frameworks were when it was built."""

    _names: dict[str, Framework] = field(default_factory=dict)
    _numbers: dict[str, list[tuple[Framework, Control]]] = field(default_factory=dict)
    _texts: list[_Text] = field(default_factory=list)
    _common: Counter[str] = field(default_factory=Counter)

    @classmethod
    def among(cls, frameworks: Iterable[Framework]) -> Mentions:
        """The index of these frameworks."""
        index = cls()
        for framework in frameworks:
            for name in _aliases(framework):
                index._names.setdefault(name, framework)
            for control in framework.controls:
                index._numbers.setdefault(control.number.casefold(), []).append((framework, control))
                text = _Text(framework, control, words_of(control.title), words_of(control.description))
                index._texts.append(text)
                index._common.update(text.title | text.description)
        return index

    def frameworks(self, message: str) -> list[Framework]:
        """Frameworks that the message names, in its order."""
        tokens = [_plain(token) for token in _TOKENS.findall(message)]
        found: dict[str, Framework] = {}
        for start in range(len(tokens)):
            for end in range(start + 1, min(len(tokens), start + _LONGEST_NAME) + 1):
                framework = self._names.get("".join(tokens[start:end]))
                if framework is not None:
                    found.setdefault(framework.id, framework)
        return list(found.values())

    def controls(
        self, message: str, preferred: Collection[str], others: Collection[str] = ()
    ) -> list[tuple[Framework, Control]]:
        """Controls whose numbers stand in the message, in its order.

        A number that several frameworks use is looked for in the ``preferred`` ones (ids) first, then in the
        ``others``.
        """
        found: dict[str, tuple[Framework, Control]] = {}
        for number in _numbers(message):
            candidates = self._numbers.get(number, [])
            close = [each for each in candidates if each[0].id in preferred]
            near = [each for each in candidates if each[0].id in others]
            for framework, control in close or near or candidates:
                found.setdefault(control.id, (framework, control))
        return list(found.values())

    def related(self, message: str, frameworks: Iterable[str], most: int = 3) -> list[tuple[Framework, Control]]:
        """Controls whose titles and descriptions are closest to the message, within ``frameworks`` where any is given.

        Rare words weigh more than common ones, titles twice as much as descriptions. A control whose title has none
        of the words needs two of them in its description, or one that hardly any other has.
        """
        wanted = set(frameworks)
        asked = words_of(message)
        close = [
            (self._closeness(asked, text), text)
            for text in self._texts
            if (not wanted or text.framework.id in wanted) and self._is_close(asked, text)
        ]
        best = max((score for score, _ in close), default=0.0)
        found = sorted((each for each in close if each[0] >= 0.6 * best), key=lambda each: -each[0])
        return [(text.framework, text.control) for _, text in found[:most]]

    def _is_close(self, asked: frozenset[str], text: _Text) -> bool:
        shared = asked & text.description
        rare = max(1, len(self._texts) // 50)
        return bool(asked & text.title) or len(shared) > 1 or any(self._common[word] <= rare for word in shared)

    def _closeness(self, asked: frozenset[str], text: _Text) -> float:
        weight = {word: math.log(1 + len(self._texts) / self._common[word]) for word in asked if self._common[word]}
        return sum(
            value * (2 if word in text.title else 1)
            for word, value in weight.items()
            if word in text.title or word in text.description
        )


def _plain(text: str) -> str:
    return _NOT_NAME.sub("", text.lower())


def _aliases(framework: Framework) -> Iterator[str]:
    short = _TAILS.sub("", framework.name)
    for name in (framework.id, framework.name, short, _TAILS.sub("", short)):
        plain = _plain(name)
        if len(plain) >= 3:
            yield plain
            # "ISO 27001" is said for "ISO/IEC 27001".
            yield plain.replace("isoiec", "iso")


def _numbers(message: str) -> Iterator[str]:
    for token in _TOKENS.findall(message):
        number = token.casefold()
        while number:
            yield number
            shorter = number.rstrip(".-/")
            if shorter == number and number.endswith(")") and number.count("(") < number.count(")"):
                shorter = number[:-1]
            if shorter == number:
                break
            number = shorter
