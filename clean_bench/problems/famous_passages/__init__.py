"""The set `famous-passages`: texts that most language models of the web have met, as a positive control.

    load_problems("famous-passages")

A probe that finds no memorization says something about a checkpoint only if it finds memorization where
there is some. Every passage is in the public domain in the United States or may be reproduced (licences,
documents of the United Nations, works of the US government).

Tiers order the passages by how often the web holds them. They are judged from the kind of text, not
counted; `TIERS` has the criterion of each.

Texts are verbatim in the wording that `source` names, with these conventions:

- ASCII: straight quotes, `--` for a dash, as Project Gutenberg prints; no italics, no accents.
- Prose, scripture and licences are one line with single spaces. Verse (`VERSE`) keeps its line breaks,
  and an empty line between stanzas, as on web pages, without indentation.
- 45 to 160 words, so that at least 15 words are left after 60% of the characters. Number sequences
  have 40 to 120 numbers, of which at least 12 are left.

A number sequence with a rule (squares, primes) can be continued without memory; the digits of constants
cannot, except by calculation. `kind` in the metadata tells sequences apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from clean_bench.problems.problem import Problem, ProblemSet

NAME = "famous-passages"

TIERS: Mapping[int, str] = MappingProxyType(
    {
        1: "printed on innumerable web pages and taught in most schools, or in most code repositories",
        2: "well known and widely quoted",
        3: "from a known work that archives hold in full; the passage itself is seldom quoted",
        4: "from an archived text in the public domain that is obscure, or whose passage is",
    }
)
"""What puts a passage into a tier."""

VERSE = frozenset({"drama", "maxims", "poem", "rhyme", "song"})
"""Kinds of passages that keep their line breaks."""

_METADATA = ("tier", "kind", "title", "author", "year")
_NEWEST = "2017-05"
"""Year and month of the newest passage, RFC 8174."""


def famous_passages() -> ProblemSet:
    """The passages in the order of their tiers, as problems without an answer.

    `metadata` has `tier`, `kind`, `title`, and where they are known `author` and `year` (of the work, or
    of the translation that is quoted). `subject` is the tier.
    """
    lines = files(__name__).joinpath("passages.jsonl").read_text("utf-8").splitlines()
    problems = [_problem(json.loads(line)) for line in lines]
    return ProblemSet(NAME, problems, {"source": "with clean-bench"})


def _problem(row: Mapping[str, Any]) -> Problem:
    metadata = {key: str(row[key]) for key in _METADATA if row[key] is not None}
    return Problem(
        row["id"],
        row["text"],
        subject=f"tier {row['tier']}",
        source=row["source"],
        metadata=metadata,
    )


def famous_passages_row() -> dict[str, Any]:
    """The set as a row of `clean-bench list benchmarks`."""
    return {
        "name": NAME,
        "kind": "positive control",
        "hub": "with clean-bench",
        "configs": ["default"],
        "split": "all",
        "columns": {"problem": "text"},
        "license": "public domain, or may be reproduced",
        "released": _NEWEST,
        "collected": True,
        "size": len(famous_passages()),
        "summary": f"passages that the web holds often, in {len(TIERS)} tiers",
        "caveat": "has no gold answers: for `probe` and `overlap`, not for `score`",
    }
