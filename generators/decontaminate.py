"""Decontamination of a generated set: search of local files for its items.

An item is a hit in a file in one of two ways. Its canonical form is that of a computation in a text of
the file (`Family.forms_in`). Or it shares an 8-gram with a text: eight words, numbers or operators in
sequence (`arithmetic_tokens`), of which at least two are numbers. (Words alone are the wording of the
family, which is public.) Both are compared as 64-bit hashes.

Rows of JSON lines, JSON, CSV, TSV and Parquet files give their strings, each a text of its own. Another
file gives its lines to the search for computations, and all of it as one text to that for 8-grams. A
file may be gzipped. A folder is a problem set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from clean_bench import problems as problem_sets
from clean_bench.errors import UserError
from clean_bench.foreign_files.compressed import opened
from clean_bench.foreign_files.json_rows import byte_lines
from clean_bench.foreign_files.regular_file import check_regular, sha256_of_regular, size_text
from clean_bench.problems import files
from clean_bench.text.hash_index import HashIndex, HashSet, hash64, hash_texts
from clean_bench.text.tokenizer import arithmetic_tokens
from generators.family import Family
from generators.sampler import Hit

NGRAM = 8
LEAST_NUMERALS = 2
_MOST_FILES = 1000
_LARGEST_TEXT = 1 << 30
"""Bytes of a plain text, unpacked, which is held in memory."""
_TABLES = (".csv", ".tsv")
"""Formats whose files are read as plain text if they are no tables."""


def numeric_ngrams(text: str) -> Iterator[str]:
    """The 8-grams of a text with at least two numbers."""
    tokens = arithmetic_tokens(text)
    numerals = [0, *accumulate(token[0].isdigit() for token in tokens)]
    for start in range(len(tokens) - NGRAM + 1):
        if numerals[start + NGRAM] - numerals[start] >= LEAST_NUMERALS:
            yield " ".join(tokens[start : start + NGRAM])


class CorpusFiles:
    """The files that a set of one family is decontaminated against."""

    def __init__(self, names: Sequence[str], family: Family[Any], drops: bool) -> None:
        """Read the files.

        Args:
            names: paths.
            family: the family of the set.
            drops: draw an item that is a hit again; otherwise hits are only recorded.

        Raises:
            UserError: naming the file, if it does not exist, cannot be read or has no text.
        """
        if len(names) > _MOST_FILES:
            raise UserError(
                f"--decontaminate: expected at most {_MOST_FILES} files, got {len(names)}"
            )
        self.names = list(names)
        self.drops = drops
        self._body = family.body
        self._descriptions: list[dict[str, Any]] = []
        forms_by_file: list[set[int]] = []
        ngrams_by_file: list[set[int]] = []
        parts: dict[int, set[int]] = {}
        for name in names:
            forms: set[int] = set()
            numeric: set[int] = set()
            count = 0
            description, lines, texts = _texts(Path(name))
            for text in lines:
                count += 1
                for form in family.forms_in(text):
                    forms.add(hash64(family.canonical(form)))
                    for steps, part in family.parts(form):
                        parts.setdefault(steps, set()).add(hash64(part))
            for text in texts:
                numeric.update(map(hash64, numeric_ngrams(text)))
            if not count:
                raise UserError(f"{name}: expected text to decontaminate against, got none")
            self._descriptions.append({**description, "texts": count, "computations": len(forms)})
            forms_by_file.append(forms)
            ngrams_by_file.append(numeric)
        self._forms, self._ngrams = _index(forms_by_file), _index(ngrams_by_file)
        self._parts = {
            steps: HashSet(np.fromiter(hashes, np.uint64, len(hashes)))
            for steps, hashes in parts.items()
        }

    def config(self) -> dict[str, Any]:
        """The files for the manifest, by content and not by name."""
        return {"files": self._descriptions, "drop": self.drops, "ngram": NGRAM}

    @property
    def has_parts(self) -> bool:
        """Whether there is any sub-expression in the files."""
        return bool(self._parts)

    def has_part(self, steps: int, canonical: str) -> bool:
        """Whether a sub-expression of so many steps is in one of the files."""
        return steps in self._parts and hash64(canonical) in self._parts[steps]

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """The hits of an item: its computation, then its 8-grams, each with its first file."""
        body = list(dict.fromkeys(numeric_ngrams(self._body(problem))))
        kinds = (("canonical", [canonical], self._forms), ("ngram", body, self._ngrams))
        return [
            Hit(row, redraw, kind, texts[i], int(file))
            for kind, texts, index in kinds
            for i, file in zip(*index.find_first(hash_texts(texts)), strict=True)
        ]


class RecordedHits:
    """The recorded hits of a set, to draw it again without the files.

    A recorded hit counts only if its computation or its 8-gram is that of the item.
    """

    def __init__(self, hits: Iterable[Hit], family: Family[Any], config: Mapping[str, Any]) -> None:
        """Take hits and `CorpusFiles.config`; a hit in another file does not count."""
        self.drops = bool(config["drop"])
        self._body = family.body
        self._hits: dict[tuple[int, int], list[Hit]] = {}
        for hit in dict.fromkeys(hits):
            if hit.file in range(len(config["files"])):
                self._hits.setdefault((hit.row, hit.redraw), []).append(hit)

    def hits(self, row: int, redraw: int, problem: str, canonical: str) -> list[Hit]:
        """The recorded hits that are hits of this item."""
        recorded = self._hits.get((row, redraw), [])
        body = set(numeric_ngrams(self._body(problem))) if recorded else set()
        texts: dict[str, set[str]] = {"canonical": {canonical}, "ngram": body}
        return [hit for hit in recorded if hit.what in texts.get(hit.kind, ())]


def unchanged(name: str, description: Mapping[str, Any]) -> bool:
    """Whether a file or folder of that name may still be the one in the manifest.

    Only a plain file of the recorded size, or a folder, is opened afterwards: the name may come from an
    untrusted manifest.
    """
    path, size = Path(name), description.get("bytes")
    if size is None:
        return path.is_dir()
    # Files of the kernel have size 0, and a file without text is never in a manifest.
    return isinstance(size, int) and size > 0 and path.is_file() and path.stat().st_size == size


def _index(by_file: Sequence[set[int]]) -> HashIndex:
    """Hashes with the numbers of their files."""
    hashes = np.array([h for of_file in by_file for h in of_file], dtype=np.uint64)
    numbers = np.repeat(np.arange(len(by_file)), [len(of_file) for of_file in by_file])
    return HashIndex(hashes, numbers)


def _texts(path: Path) -> tuple[dict[str, Any], Iterable[str], Iterable[str]]:
    """The description of a file, its texts for the search for computations, and for 8-grams."""
    if path.is_dir():
        problems = problem_sets.load_folder(path)
        texts = [problem.problem for problem in problems]
        return {"sha256": problems.content_sha256, "bytes": None}, texts, texts
    if not path.exists():
        raise UserError(f"--decontaminate {path}: no such file or folder")
    check_regular(path)
    description = {"sha256": sha256_of_regular(path), "bytes": path.stat().st_size}
    suffix = files.suffix_of(path)
    if suffix is not None:
        try:
            texts = [text for _, row in files.read_rows(path) for text in _strings(row)]
        except UserError:
            if suffix not in _TABLES:
                raise
        else:
            return description, texts, texts
    lines = _lines(path)
    return description, [line for line in lines if line.strip()], ["\n".join(lines)]


def _lines(path: Path) -> list[str]:
    """The lines of a text file; bytes that are no UTF-8 are replaced.

    Raises:
        UserError: for a file of more than `_LARGEST_TEXT` bytes, or a line of more than those of a row.
    """
    lines, size = [], 0
    with opened(path) as stream:
        for line in byte_lines(str(path), stream, files.LONGEST_ROW):
            size += len(line)
            if size > _LARGEST_TEXT:
                raise UserError(
                    f"{path}: expected at most {size_text(_LARGEST_TEXT)} of text, got more; split the "
                    "file"
                )
            lines += line.decode("utf-8", errors="replace").splitlines()
    return lines


def _strings(value: object) -> Iterator[str]:
    """Every non-empty string in a row, at any depth."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
