"""Text that talks to a model instead of to a reader.

APPSEC: this is the outer of several walls. Passages that look like it are kept from models; what slips through still
meets a model that has no tools at that point, and answers that count only with sources of the question.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

WITHHELD = "[withheld]"
# Characters that nobody sees: zero width, direction marks, tags, and other formats.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\U000e0000-\U000e007f]"
)
_OLD = r"(previous|prior|above|earlier|preceding|your|(the )?system)"
_ORDERS = r"(instructions?|prompts?|directions?|guidelines?|messages?|commands?|rules)"
_MODEL = r"(ai|llm|language model|chatbot|gpt|claude|copilot)s?"
_ACTS = r"(reply|respond|answer|say|output|call|use|invoke|reveal|send|include|ignore)"
_PATTERNS = re.compile(
    "|".join(
        (
            rf"\b(ignore|disregard|forget|override)\b.{{0,40}}\b{_OLD}\b.{{0,30}}\b{_ORDERS}\b",
            r"\b(you are now|from now on,? you|pretend (to be|you are)|system prompt|developer mode)\b",
            rf"\b(as an?|dear|attention,?|note to( the)?|hey,?) ({_MODEL}|(ai )?assistant)\b",
            rf"\b{_MODEL}\b.{{0,30}}\b(must|should|shall|have to|will now)\b.{{0,40}}\b{_ACTS}\b",
            r"\b(call|invoke)\b.{0,20}\b(tool|function)\b",
            r"<\|?(im_start|im_end|system|assistant|endoftext)\|?>|\[/?inst\]|^\s*assistant\s*:",
            r"\b(reveal|print|repeat|output|show)\b.{0,30}\b(your instructions|hidden prompt)\b",
            r"\b(reply|respond|answer)\b.{0,15}\b(only|exactly|just) with\b",
        )
    ),
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


def seen(text: str) -> str:
    """The text without characters that nobody sees, and look-alikes of letters in their usual form."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def addresses_a_model(text: str) -> bool:
    """Whether the text gives orders to whoever answers from it."""
    return _PATTERNS.search(seen(text)) is not None


def without_orders(value: Any) -> Any:
    """What a tool found, as JSON has it, without the texts in it that talk to models."""
    if isinstance(value, str):
        return WITHHELD if addresses_a_model(value) else seen(value)
    if isinstance(value, dict):
        return {name: without_orders(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_orders(inner) for inner in value]
    return value
