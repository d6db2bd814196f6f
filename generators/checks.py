"""Check a problem set: rows made again, texts evaluated on their own, freshness recounted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, Failure
from clean_bench.errors import UserError
from clean_bench.text.hash_index import HashSet
from generators import card
from generators.decontaminate import CorpusFiles, RecordedHits, unchanged
from generators.family import Family
from generators.plan import Plan, master_seed, plan_of
from generators.sampler import Block, Source, draw_blocks, without_duplicates, workers_for
from generators.write import (
    DRAWS,
    HITS,
    draws_table,
    freshness_of,
    hits_table,
    problems_table,
    read_hits,
)

_FILE = re.compile(rf"README\.md|(?:{problem_sets.TABLE}|{DRAWS}|{HITS})/[0-9]{{5,}}\.parquet")
_ANSWER = re.compile(r"-?[0-9]{1,400}(?:/[0-9]{1,400}|\.[0-9]{1,400})?")
_MOST_FAILURES = 100


def verify_set(artifact: Artifact) -> Iterator[Failure]:
    """Every failure of an artifact of kind `problem-set` (the first hundred rows of a generated one).

    A generated set (its configuration names a family) is drawn again from its configuration, row by
    row; every redraw that it records must have had its reason. Where the files that it was drawn against
    lie where they did, they are searched again; else what was found in them is taken from the set, and
    must be in its items. Another set, such as an organism's
    benchmark, has nothing to be drawn from: its ids must be unique and its texts not empty.
    """
    if "family" in artifact.config:
        yield from _generated(artifact)
    else:
        if DRAWS in artifact.manifest["tables"] or "freshness" in artifact.metadata:
            yield Failure("manifest.json", "names no family, and the set was generated")
        yield from _given(artifact)


def verify_binding(artifact: Artifact, weights: Mapping[str, str]) -> Iterator[Failure]:
    """Every failure of the claim that a set was derived from the weights of these checkpoints.

    Args:
        artifact: a problem set whose rows hold (`verify_set`).
        weights: names of checkpoints and `clean_bench.checkpoints.weights_sha256` of each.
    """
    bound = artifact.config.get("origin", {}).get("bind")
    if not bound:
        yield Failure("manifest.json", "the set is bound to no weights")
        return
    for name, found in weights.items():
        if found not in bound:
            yield Failure(
                "manifest.json",
                f"the set is not bound to the weights of {name} (sha256 {found[:16]}...): it is bound "
                f"to {', '.join(known[:16] + '...' for known in bound)}",
            )
    for known in bound:
        if known not in weights.values():
            yield Failure(
                "manifest.json",
                f"the set is also bound to the weights {known[:16]}..., of which no checkpoint was "
                "named",
            )


def _given(artifact: Artifact) -> Iterator[Failure]:
    seen: set[str] = set()
    index = 0
    for shard in artifact.tables(problem_sets.TABLE):
        for row in shard.to_pylist():
            if not row["problem"].strip():
                yield Failure(_name(index, row), "its problem is empty")
            if row["id"] in seen:
                yield Failure(_name(index, row), "an earlier row has this id")
            seen.add(row["id"])
            index += 1


def _generated(artifact: Artifact) -> Iterator[Failure]:
    config = artifact.config
    try:
        plan = plan_of(config)
        origin = config["origin"]
        master = master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        )
        files = _files(artifact, plan)
        against: CorpusFiles | RecordedHits | None = files
        if files is None and "decontamination" in config:
            against = RecordedHits(read_hits(artifact), plan.family, config["decontamination"])
    except (UserError, AttributeError, KeyError, TypeError, ValueError) as error:
        yield Failure("manifest.json", f"its configuration makes no set ({error})")
        return
    wanted = {**plan.config(), "origin": origin}
    if "decontamination" in config:
        wanted["decontamination"] = config["decontamination"]
    if config != wanted or set(artifact.metadata) - {"freshness"}:
        yield Failure("manifest.json", "says more or less than a set does")
        return
    tables = {name for name in (problem_sets.TABLE, DRAWS, HITS) if artifact.shards(name)}
    if tables - set(artifact.manifest["tables"]):
        yield Failure("manifest.json", "does not name every table that is there")
        return
    strange = [name for name in artifact.manifest["files"] if not _FILE.fullmatch(name)]
    if strange:
        yield Failure(strange[0], "is no file of a set")
        return
    if master != plan.master:
        yield Failure("manifest.json", "the master seed does not follow from its origin")
    failures = 0
    for failure in _rows_drawn_again(artifact, plan, against):
        yield failure
        failures += 1
        if failures == _MOST_FAILURES:
            yield Failure("manifest.json", "more rows fail, and the search was ended")
            return
    if failures:
        return
    account = freshness_of(artifact, plan, files)
    if artifact.metadata.get("freshness") != account:
        yield Failure("manifest.json", "its freshness is not what the rows say")
    elif card.NAME not in artifact.manifest["files"]:
        yield Failure(card.NAME, "is missing")
    elif (artifact.folder / card.NAME).read_bytes() != card.card(config, account).encode():
        yield Failure(card.NAME, "is not the card of this set")


def _files(artifact: Artifact, plan: Plan) -> CorpusFiles | None:
    """The files that a set was drawn against, where they still lie and are what they were."""
    if "decontamination" not in artifact.config:
        return None
    names = artifact.manifest["provenance"].get("decontamination", [])
    described = artifact.config["decontamination"]["files"]
    if len(names) != len(described) or not all(map(unchanged, names, described)):
        return None
    try:
        files = CorpusFiles(names, plan.family, artifact.config["decontamination"]["drop"])
    except UserError:
        return None
    return files if files.config() == artifact.config["decontamination"] else None


def _rows_drawn_again(
    artifact: Artifact, plan: Plan, against: CorpusFiles | RecordedHits | None
) -> Iterator[Failure]:
    """Hold the stored tables to the rows that the plan draws."""
    firsts = draw_blocks(plan, 0, against, workers_for(plan.count))
    blocks = without_duplicates(Source(plan, against), firsts, HashSet())
    stored = {name: _Stream(artifact, name) for name in (problem_sets.TABLE, DRAWS)}
    hits = _Stream(artifact, HITS)
    for block in blocks:
        for name, wanted in (
            (problem_sets.TABLE, problems_table(plan, block.rows)),
            (DRAWS, draws_table(plan, block.rows)),
        ):
            found = stored[name].take(len(block.rows))
            if found.num_rows < len(block.rows):
                row = block.rows[found.num_rows].index
                yield Failure(
                    f"row {row}", f"the set does not have {plan.count} rows in each table"
                )
                return
            if not found.equals(wanted):
                yield from _unlike(block, found, wanted)
            if name == problem_sets.TABLE and "answer" in found.column_names:
                yield from _misread_rows(plan.family, block, found)
        if against is not None:
            wanted = hits_table(block.hits)
            if not hits.take(wanted.num_rows).equals(wanted):
                yield Failure(
                    HITS, f"does not hold what rows from {block.rows[0].index} on had hit"
                )
                return
    for name, stream in (*stored.items(), (HITS, hits)):
        if stream.take(1).num_rows:
            where = f"row {plan.count}" if name != HITS else HITS
            yield Failure(where, f"the set does not have {plan.count} rows in each table")
            return


class _Stream:
    """The rows of a table a few at a time, whatever its shards are."""

    def __init__(self, artifact: Artifact, name: str) -> None:
        self._shards = artifact.tables(name)
        self._rest: pa.Table | None = None

    def take(self, count: int) -> pa.Table:
        """The next rows, fewer at the end."""
        while self._rest is None or self._rest.num_rows < count:
            shard = next(self._shards, None)
            if shard is None:
                break
            rest = [self._rest] if self._rest is not None and self._rest.num_rows else []
            self._rest = pa.concat_tables([*rest, shard]) if rest else shard
        if self._rest is None:
            return pa.table({})
        taken = self._rest.slice(0, count)
        self._rest = self._rest.slice(taken.num_rows)
        return taken


def _unlike(block: Block, found: pa.Table, wanted: pa.Table) -> Iterator[Failure]:
    """The rows in which a stored table differs from the one that is drawn."""
    if found.column_names != wanted.column_names:
        yield Failure(f"row {block.rows[0].index}", "its columns are not those of a set")
        return
    rows = zip(block.rows, found.to_pylist(), wanted.to_pylist(), strict=True)
    for row, has, should in rows:
        wrong = [key for key, value in should.items() if has[key] != value]
        if wrong:
            yield Failure(_name(row.index, has), f"another {', '.join(wrong)} is drawn there")


def _misread_rows(family: Family[Any], block: Block, found: pa.Table) -> Iterator[Failure]:
    texts: Sequence[str] = found["problem"].to_pylist()
    answers: Sequence[str] = found["answer"].to_pylist()
    for row, text, answer in zip(block.rows, texts, answers, strict=True):
        what = _misread(family, text, answer)
        if what:
            yield Failure(f"row {row.index}", what)


def _misread(family: Family[Any], text: str, answer: str) -> str | None:
    """What is wrong with the stored answer of a stored text, if anything."""
    try:
        if not _ANSWER.fullmatch(answer):
            return f"its answer is no number as sets write them: {answer[:60]!r}"
        value = family.evaluate(text)
        if value == Fraction(answer):
            return None
    except (AttributeError, ValueError, TypeError, ZeroDivisionError) as error:
        return f"its text or its answer cannot be read ({error})"
    return f"its text comes to {value}, and its answer says {answer}"


def _name(index: int, row: dict[str, Any]) -> str:
    return f"row {index} ({row['id']})"
