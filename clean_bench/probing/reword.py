r"""Rewording by a table of equivalent phrases.

The rules read a skeleton of the text, in which one character stands for every formula and every drawing:
a rule can so refer to formulas (`Let {S} be`) and can never change one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clean_bench.probing.cut import math_spans
from clean_bench.seeds import Draw, stream

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

_PLAIN, _RELATION, _LIST, _RELATIONS, _DRAWING, _OTHER, _END = (
    "\ue000\ue001\ue002\ue003\ue004\ue005\ue006"
)
"""In a skeleton: formulas without and with a relation, lists of them, drawings, a private-use character
of the text itself, and the end of a sentence inside a formula."""
_PRIVATE = re.compile("[\ue000-\ue006]")
_RELATION_SIGN = re.compile(
    r"[=<>]|\\(?:le|ge|leq|geq|lt|gt|in|ne|neq|equiv|cong|parallel|perp)(?![A-Za-z])"
)
_FORMULA = f"[{_PLAIN}{_RELATION}{_LIST}{_RELATIONS}]{_END}?"
_SINGLE = f"[{_PLAIN}{_RELATION}](?!{_END})"
_SENTENCE = rf"(?:[^.?!{_END}]|\.(?=\S))"
"""A character that does not end a sentence."""
_LONGEST = 400
"""Characters of a sentence that a rule reads."""
_ASKS = r"(?:what|how|which|who|whose|why|find|compute|determine|evaluate|calculate|solve)"
_TOKENS = {
    "{M}": _FORMULA,
    "{S}": _SINGLE,
    "{R}": f"[{_RELATION}{_RELATIONS}]{_END}?",
    "{N}": rf"(?:{_FORMULA}(?:,?\s+(?:and\s+)?{_FORMULA}){{1,7}}|[{_LIST}{_RELATIONS}])",
    "{D}": _DRAWING,
    "{OTHER_BE}": rf"{_SENTENCE}{{0,{_LONGEST}}}?(?<!let ){_FORMULA},?\s+(?:be|denote|represent)\b",
    "{MORE}": rf",?\s+(?:and\s+)?{_FORMULA}",
    "{ONE_CONDITION}": rf"(?!{_SENTENCE}{{0,{_LONGEST}}}?\b(?:if|then|were|would|had|could|might)\b)"
    rf"(?!\s+(?:not|so|possible|necessary|there|you|any|only)\b)"
    rf"(?={_SENTENCE}{{0,{_LONGEST}}}?\b{_ASKS}\b)",
}
_BEFORE = {
    "sentence": rf"(?:\A|[.?!:)\]]\s|[{_END}{_DRAWING}\n]\s?)\s*\Z",
    "start": rf"(?:\A|[.?!:)\]]\s|[{_END}{_DRAWING}\n]\s?|\band\s)\s*\Z",
    "clause": rf"(?:\A|[.?!:;,)\]]\s|{_FORMULA}\s?|[{_END}{_DRAWING}\n]\s?|\b(?:then|and)\s)\s*\Z",
}
"""What stands before the start of a sentence, of a sentence or a second part of one, and of a clause."""
_REACH = 24
"""Characters before a phrase that a rule reads."""


def reword(text: str, seed: str) -> str | None:
    """A text with phrases replaced by phrases of the same meaning, everywhere outside mathematics.

    The phrases are in `reword.toml`. "What is the area of T?" becomes "Find the area of T.", and "Let n
    be an integer" becomes "Suppose that n is an integer". Of several equivalents the seed draws one.

    Args:
        text: with LaTeX or without, in English.
        seed: the draw, for example `RUN/SET/PROBLEM`.

    Returns:
        None where no phrase occurs.
    """
    skeleton, formulas = _skeleton(text)
    digest = stream("reword", seed)
    changed = _replace_phrases(_to_requests(skeleton, digest), digest)
    return None if changed == skeleton else _filled(changed, formulas)


def _skeleton(text: str) -> tuple[str, list[str]]:
    """The text with a character for each formula, and the formulas in their order."""
    parts: list[str] = []
    formulas: list[str] = []
    position = 0
    for start, end in [*math_spans(text), (len(text), len(text))]:
        prose = text[position:start]
        formulas += _PRIVATE.findall(prose)
        parts.append(_PRIVATE.sub(_OTHER, prose))
        if start < end:
            formulas.append(text[start:end])
            parts.append(_kind(text[start:end]))
        position = end
    return "".join(parts), formulas


def _kind(formula: str) -> str:
    if formula.startswith("[asy]"):
        return _DRAWING
    content = formula.rstrip("$\\)] \n")
    end = _END if content[-1:] in {".", "?", "!"} else ""
    relation = _RELATION_SIGN.search(formula) is not None
    if _is_list(content.rstrip(",.?!;")):
        return (_RELATIONS if relation else _LIST) + end
    return (_RELATION if relation else _PLAIN) + end


def _is_list(content: str) -> bool:
    """Whether a formula has a comma outside of brackets."""
    depth = 0
    for character in content:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            return True
    return False


def _filled(skeleton: str, formulas: list[str]) -> str:
    rest = iter(formulas)
    return _PRIVATE.sub(lambda match: "" if match[0] == _END else next(rest), skeleton)


def _expanded(pattern: str) -> str:
    for token, expansion in _TOKENS.items():
        pattern = pattern.replace(token, expansion)
    return pattern


@dataclass(frozen=True, slots=True)
class _Rule:
    """A phrase, its equivalents and its context."""

    phrase: str
    to: tuple[str, ...]
    pattern: re.Pattern[str]
    after: re.Pattern[str] | None
    not_after: re.Pattern[str] | None

    def match(self, skeleton: str, position: int) -> re.Match[str] | None:
        before = skeleton[max(0, position - _REACH) : position]
        if self.after and not self.after.search(before):
            return None
        if self.not_after and self.not_after.search(before):
            return None
        return self.pattern.match(skeleton, position)


def _rule(
    phrase: str,
    to: list[str],
    *,
    after: str = "",
    not_after: str = "",
    before: str = "",
    not_before: str = "",
) -> _Rule:
    words = [
        f"({_TOKENS[word]})" if word in _TOKENS else re.escape(word) for word in phrase.split()
    ]
    pattern = rf"(?i:{words[0]})" + "".join(rf"\s+{word}" for word in words[1:])
    if phrase[-1].isalnum():
        pattern += r"(?![\w'’])"
    pattern += f"(?={_expanded(before)})" if before else ""
    pattern += f"(?!{_expanded(not_before)})" if not_before else ""
    preceding = _BEFORE.get(after) or (rf"\b{after}\b.*\Z" if after else "")
    return _Rule(
        phrase,
        tuple(to),
        re.compile(pattern),
        re.compile(preceding, re.DOTALL) if preceding else None,
        re.compile(rf"\b{not_after}\s+\Z", re.IGNORECASE) if not_after else None,
    )


def _rules() -> dict[str, list[_Rule]]:
    """The rules by the first word of their phrases, the longest phrases first."""
    rules = [
        _rule(phrase, [other for other in group if other != phrase])
        for group in TABLE["both"]
        for phrase in group
    ]
    for entry in TABLE["one_way"]:
        context = {name: text for name, text in entry.items() if name not in ("from", "to")}
        rules.append(_rule(entry["from"], entry["to"], **context))
    by_word: dict[str, list[_Rule]] = {}
    for rule in sorted(rules, key=lambda rule: -len(rule.phrase)):
        by_word.setdefault(rule.phrase.split()[0].rstrip(","), []).append(rule)
    return by_word


_RULES = _rules()
_FIRST_WORD = re.compile(r"(?<![\w\\'’-])[A-Za-z]+(?:-[A-Za-z]+)*")


def _replace_phrases(skeleton: str, digest: Callable[..., bytes]) -> str:
    parts, position = [], 0
    for match, rule in _matches(skeleton):
        new = Draw(digest("phrase", match.start())).choice(rule.to)
        groups = iter(match.groups())
        words = [next(groups) if word in _TOKENS else word for word in new.split()]
        parts += [skeleton[position : match.start()], _cased(" ".join(words), match[0])]
        position = match.end()
    return "".join((*parts, skeleton[position:]))


def _matches(skeleton: str) -> Iterator[tuple[re.Match[str], _Rule]]:
    """The phrases of a skeleton from left to right, without overlap."""
    position = 0
    while word := _FIRST_WORD.search(skeleton, position):
        position = word.end()
        for rule in _RULES.get(word[0].lower(), ()):
            if (word[0].islower() or word[0].istitle()) and (
                match := rule.match(skeleton, word.start())
            ):
                yield match, rule
                position = match.end()
                break


def _cased(new: str, old: str) -> str:
    return new[0].upper() + new[1:] if old[0].isupper() else new


_ASK = "|".join(TABLE["question"]["from"]).replace(" ", r"\s+")
_QUESTION = re.compile(
    rf"\b(?P<ask>(?i:{_ASK}))(?=\s+(?:the|its|his|her|their|\d|{_FORMULA}))"
    rf"(?P<rest>{_SENTENCE}{{1,{_LONGEST}}})\?"
)
_SECOND_QUESTION = re.compile(r"\b(?:what|how|who|whose|why)\b", re.IGNORECASE)
_OPEN_END = re.compile(r"\b(?:to|of|in|for|by|at|on|with|from|like|called|there)\s*\Z")
_SENTENCE_START = re.compile(rf"[.?!](?=\s)|[{_END}{_DRAWING}]|\n\s*\n")


def _to_requests(skeleton: str, digest: Callable[..., bytes]) -> str:
    """Questions that ask for one thing as requests: "What is X?" becomes "Find X."."""
    clause = re.compile(_BEFORE["clause"])

    def request(match: re.Match[str]) -> str:
        before = skeleton[max(0, match.start() - _LONGEST) : match.start()]
        starts = [end.end() for end in _SENTENCE_START.finditer(before)]
        sentence = before[starts[-1] if starts else 0 :]
        if (
            not clause.search(before[-_REACH:])
            or _SECOND_QUESTION.search(sentence)
            or _SECOND_QUESTION.search(match["rest"])
            or _OPEN_END.search(match["rest"])
        ):
            return match[0]
        new = Draw(digest("question", match.start())).choice(TABLE["question"]["to"])
        return f"{_cased(new, match['ask'])}{match['rest']}."

    return _QUESTION.sub(request, skeleton)
