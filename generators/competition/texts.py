"""The texts of a template: printing with values, and reading them back.

A text is a sentence with placeholders: `<a>`, `<a:+>` (a format of `printed.FORMATS`), `<name>` for a
word, `<name:1>` for its second form, `<name:^>` with a capital. A placeholder of a value stands once in
every text; `<a:again>` prints the value of an earlier `<a>` once more. Words can repeat.
A `Choice` is replaced by its phrases first, so every text is compiled once for each of its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from generators.competition.printed import FORMATS, Choice, Kind, Words
from generators.competition.printing import NUMERIC, OTHER, PERHAPS_BLANK, undress

_PLACEHOLDER = re.compile(r"<([a-zA-Z]\w*)(?::([^<>\s]*))?>")
_STAND_IN = re.compile(f"[{NUMERIC}{OTHER}]")
Pool = Sequence[str | tuple[str, ...]]
"""Words to draw from; a tuple holds the forms of one word, such as its plural."""


class Slot(NamedTuple):
    """A placeholder: its name, and its kind (a value) or its form and capital (a word)."""

    name: str
    kind: Kind | None
    form: int = 0
    capital: bool = False
    again: bool = False


class Skeleton:
    """One text for one value of every choice."""

    def __init__(
        self,
        text: str,
        choices: Mapping[str, Any],
        kinds: Mapping[str, Kind],
        pools: Mapping[str, Pool],
    ) -> None:
        self.text, self.choices, self.pools = text, choices, pools
        self.pieces: list[str | Slot] = []
        end = 0
        for match in _PLACEHOLDER.finditer(text):
            slot = _slot(match[1], match[2] or "", kinds, pools)
            if slot is not None:
                self.pieces += [text[end : match.start()], slot]
                end = match.end()
        self.pieces.append(text[end:])
        self.slots = [piece for piece in self.pieces if isinstance(piece, Slot)]

    def print(self, values: Mapping[str, Any], words: Words) -> str:
        """The text with these values and words."""
        printed = []
        for piece in self.pieces:
            if isinstance(piece, str):
                printed.append(piece)
            elif piece.kind is not None:
                printed.append(piece.kind.print(values[piece.name], words))
            else:
                word = words[piece.name][piece.form]
                printed.append(word[0].upper() + word[1:] if piece.capital else word)
        return "".join(printed)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression of the undressed text."""
        stand_ins: dict[str, Slot] = {}
        text = ""
        for piece in self.pieces:
            if isinstance(piece, str):
                text += piece
                continue
            numeric = piece.kind is not None and piece.kind.number
            stand_in = chr((0xE000 if numeric else 0xE100) + len(stand_ins))
            stand_ins[stand_in] = piece
            text += stand_in
        seen: dict[str, int] = {}
        expression, end = "", 0
        undressed = undress(text)
        for match in re.finditer(rf"({PERHAPS_BLANK}?)({_STAND_IN.pattern})", undressed):
            expression += re.escape(undressed[end : match.start()]) + (" ?" if match[1] else "")
            expression += self._group(stand_ins[match[2]], seen)
            end = match.end()
        return re.compile(expression + re.escape(undressed[end:]))

    def _group(self, slot: Slot, seen: dict[str, int]) -> str:
        if slot.kind is not None:
            if slot.again:
                return f"(?P={slot.name})"
            seen[slot.name] = 0
            return f"(?P<{slot.name}>{slot.kind.pattern})"
        key = f"{slot.name}__{slot.form}{'C' if slot.capital else ''}"
        if key in seen:
            return f"(?P={key})"
        seen[key] = 0
        pool = self.pools[slot.name]
        forms = [word if isinstance(word, str) else word[slot.form] for word in pool]
        if slot.capital:
            forms = [form[0].upper() + form[1:] for form in forms]
        return f"(?P<{key}>{'|'.join(map(re.escape, sorted(set(forms), key=len, reverse=True)))})"

    def read(self, undressed: str) -> tuple[dict[str, Any], dict[str, Sequence[str]]] | None:
        """The values and words of an undressed text; None if it is not this text."""
        match = self.pattern.fullmatch(undressed)
        if match is None:
            return None
        words: dict[str, Sequence[str]] = {}
        for key, text in match.groupdict().items():
            name, mark, form = key.partition("__")
            if mark and name not in words:
                words[name] = _word(self.pools[name], int(form.rstrip("C")), text)
        values = dict(self.choices)
        for slot in self.slots:
            if slot.kind is not None and not slot.again:
                values[slot.name] = slot.kind.read(match[slot.name], words)
        return values, words


class Texts:
    """All texts of a template."""

    def __init__(
        self, texts: Sequence[str], kinds: Mapping[str, Kind], pools: Mapping[str, Pool]
    ) -> None:
        self.texts, self.kinds, self.pools = tuple(texts), kinds, pools
        self.choices = {name: kind for name, kind in kinds.items() if isinstance(kind, Choice)}
        self._skeletons: dict[tuple[Any, ...], Skeleton] = {}

    def skeleton(self, index: int, values: Mapping[str, Any]) -> Skeleton:
        """The text with the phrases of the choices in `values`."""
        key = (index, *(values[name] for name in self.choices))
        if key not in self._skeletons:
            text = self.texts[index]
            chosen = {name: values[name] for name in self.choices}
            for _ in range(3):  # a phrase can hold another choice
                for name, kind in self.choices.items():
                    text = text.replace(f"<{name}>", kind.phrases[chosen[name]])
            self._skeletons[key] = Skeleton(text, chosen, self.kinds, self.pools)
        return self._skeletons[key]

    def __iter__(self) -> Iterator[Skeleton]:
        """Every text for every value of the choices."""
        names = list(self.choices)
        for index in range(len(self.texts)):
            for chosen in product(*(self.choices[name].phrases for name in names)):
                yield self.skeleton(index, dict(zip(names, chosen, strict=True)))

    def read(self, text: str) -> tuple[dict[str, Any], dict[str, Sequence[str]]]:
        """The values and words of a printed text, in any style.

        Raises:
            ValueError: if no text of the template prints it.
        """
        undressed = undress(text)
        for skeleton in self:
            if (found := skeleton.read(undressed)) is not None:
                return found
        raise ValueError("no text of the template prints this problem")


def _slot(
    name: str, form: str, kinds: Mapping[str, Kind], pools: Mapping[str, Pool]
) -> Slot | None:
    """The placeholder with that name and format; None for a name that stands for nothing."""
    if name in pools:
        capital = form.endswith("^")
        return Slot(name, None, int(form.removesuffix("^") or 0), capital)
    if name not in kinds:
        return None
    if form == "again":
        return Slot(name, kinds[name], again=True)
    kind = FORMATS[form] if form else kinds[name]
    return Slot(name, kind)


def _word(pool: Pool, form: int, text: str) -> Sequence[str]:
    """The forms of the word of a pool that is printed as `text`, with or without a capital."""
    for word in pool:
        forms = (word,) if isinstance(word, str) else word
        if text in (forms[form], forms[form][0].upper() + forms[form][1:]):
            return forms
    raise ValueError(f"expected a word of the template, got {text!r}")
