"""Drawing against local files: items whose computation or words stand there are found, or redrawn.

Two things are looked for. The canonical form of an item among the computations that the family sees in
the files' texts (`Family.forms_in`). And each of its 8-grams: eight words or numbers in a row, in lower
case, with signs and punctuation left out, at least one of them a number (words alone are the family's
wording, which is public). Both are compared as 64-bit hashes.

Rows of JSON lines, JSON and Parquet files give their strings, each a text of its own; other files give
their lines to the search for computations, and their words as one text. A folder is a problem set.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clean_bench import problems as problem_sets
from clean_bench.errors import UserError
from clean_bench.problems import files
from clean_bench.seeds import hash64
from generators.family import Family
from generators.hash_set import Seen
from generators.sampler import Hit

NGRAM = 8
LEAST_NUMERALS = 2
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,40})\}\{([^{}]{1,40})\}")
_SPELLINGS = {
    r"\times": "*", r"\cdot": "*", r"\div": "/", r"\left": "", r"\right": "",
    "×": "*", "·": "*", "÷": "/", "−": "-",
}  # fmt: skip
_SPELLED = re.compile("|".join(map(re.escape, _SPELLINGS)))
_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+(?:[.,][0-9]+)*|[-+*/^]")
_MOST_FILES = 1000


def ngrams(text: str) -> Iterator[str]:
    """The 8-grams of a text that count."""
    text = _FRACTION.sub(r" \1/\2 ", text)
    tokens = _TOKEN.findall(_SPELLED.sub(lambda match: _SPELLINGS[match[0]], text).lower())
    numerals = [token[0].isdigit() for token in tokens]
    for start in range(len(tokens) - NGRAM + 1):
        if sum(numerals[start : start + NGRAM]) >= LEAST_NUMERALS:
            yield " ".join(tokens[start : start + NGRAM])


class _Index:
    """Hashes, each with the number of the first file that has it."""

    def __init__(self, by_file: Sequence[set[int]]) -> None:
        hashes = np.array([h for found in by_file for h in found], dtype=np.uint64)
        numbers = np.repeat(np.arange(len(by_file)), [len(found) for found in by_file])
        self._hashes, first = np.unique(hashes, return_index=True)
        self._files = numbers[first]

    def find(self, texts: Sequence[str]) -> list[tuple[str, int]]:
        """Those texts that are in it, each with the number of a file."""
        if not len(self._hashes) or not texts:
            return []
        hashes = np.fromiter(map(hash64, texts), np.uint64, len(texts))
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found = np.flatnonzero(self._hashes[places] == hashes).tolist()
        return [(texts[i], int(self._files[places[i]])) for i in found]


class Files:
    """The files that a set of one family is drawn against."""

    def __init__(self, names: Sequence[str], family: Family[Any], rejects: bool) -> None:
        """Read the files.

        Raises:
            UserError: naming the file, if one is absent, cannot be read or holds no text.
        """
        if len(names) > _MOST_FILES:
            raise UserError(f"--against takes at most {_MOST_FILES} files, and got {len(names)}")
        self.names = list(names)
        self._body = family.body
        self.rejects = rejects
        self._described: list[dict[str, Any]] = []
        self._parts: dict[int, Seen] = {}
        forms: list[set[int]] = []
        words: list[set[int]] = []
        parts: dict[int, set[int]] = {}
        for name in names:
            here_forms: set[int] = set()
            here_words: set[int] = set()
            count = 0
            described, lines, texts = _texts(Path(name))
            for text in lines:
                count += 1
                for form in family.forms_in(text):
                    here_forms.add(hash64(family.canonical(form)))
                    for steps, part in family.parts(form):
                        parts.setdefault(steps, set()).add(hash64(part))
            for text in texts:
                here_words.update(map(hash64, ngrams(text)))
            if not count:
                raise UserError(f"{name}: holds no text to draw against")
            self._described.append({**described, "texts": count, "computations": len(here_forms)})
            forms.append(here_forms)
            words.append(here_words)
        self._forms, self._words = _Index(forms), _Index(words)
        for steps, found in parts.items():
            self._parts[steps] = Seen()
            self._parts[steps].add(np.fromiter(found, np.uint64, len(found)))

    def config(self) -> dict[str, Any]:
        """The files as they stand in the manifest: by content, not by name."""
        return {"files": self._described, "reject": self.rejects, "ngram": NGRAM}

    @property
    def has_parts(self) -> bool:
        """Whether there is any sub-expression in the files."""
        return bool(self._parts)

    def has_part(self, steps: int, canonical: str) -> bool:
        """Whether a sub-expression of so many steps is in one of the files."""
        return steps in self._parts and hash64(canonical) in self._parts[steps]

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """See `generators.sampler.Against.hits`."""
        found = [
            Hit(row, redraw, "canonical", what, file)
            for what, file in self._forms.find([canonical])
        ]
        grams = self._words.find(list(dict.fromkeys(ngrams(self._body(problem)))))
        return found + [Hit(row, redraw, "ngram", what, file) for what, file in grams]


class Recorded:
    """What a set says that it was drawn against, for drawing it again without the files.

    A recorded hit counts only if its form or its words are the item's.
    """

    def __init__(
        self, hits: Iterable[Hit], family: Family[Any], described: Mapping[str, Any]
    ) -> None:
        """Take hits and the manifest's words for the files; a hit in no such file does not count."""
        self.rejects = bool(described["reject"])
        self._body = family.body
        files = range(len(described["files"]))
        self._hits: dict[tuple[int, int], list[Hit]] = {}
        for hit in dict.fromkeys(hits):
            if hit.file not in files:
                continue
            self._hits.setdefault((hit.row, hit.redraw), []).append(hit)

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """See `generators.sampler.Against.hits`."""
        grams: set[str] | None = None
        found = []
        for hit in self._hits.get((row, redraw), ()):
            if hit.kind == "ngram" and grams is None:
                grams = set(ngrams(self._body(problem)))
            holders = {"canonical": (canonical,), "ngram": grams or ()}
            if hit.what in holders.get(hit.kind, ()):
                found.append(hit)
        return found


def unchanged(name: str, described: Mapping[str, Any]) -> bool:
    """Whether a file or folder of that name may still be what the manifest describes.

    Nothing is opened that is no plain file of the recorded size or no folder: the name may come from a
    stranger's manifest.
    """
    path, size = Path(name), described.get("bytes")
    if size is None:
        return path.is_dir()
    # Files of the kernel have no size, and a file without text is none that a set was drawn against.
    return isinstance(size, int) and size > 0 and path.is_file() and path.stat().st_size == size


def _texts(path: Path) -> tuple[dict[str, Any], Iterable[str], Iterable[str]]:
    """What a file is, its texts for the search for computations, and its texts for words."""
    if path.is_dir():
        problems = problem_sets.load_folder(path)
        texts = [problem.problem for problem in problems]
        return {"sha256": problems.content_sha256, "bytes": None}, texts, texts
    if not path.exists():
        raise UserError(f"--against {path}: no such file or folder")
    if not path.is_file():
        raise UserError(f"--against {path}: is no plain file and no folder")
    data = files.read_bytes(path)
    described = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if path.suffix.lower() in files.SUFFIXES:
        texts = [text for _, row in files.rows(path, data) for text in _strings(row)]
        return described, texts, texts
    whole = data.decode("utf-8", errors="replace")
    return described, [line for line in whole.splitlines() if line.strip()], [whole]


def _strings(value: object) -> Iterator[str]:
    """Every non-empty string in a row, however deep."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
