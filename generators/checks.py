"""Verify a problem set: draw its rows again, evaluate its texts, recount its freshness."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.errors import UserError
from clean_bench.text.hash_index import HashSet
from generators import card
from generators.competition.checks import answer_fault as template_fault
from generators.competition.checks import verify_matched
from generators.competition.plan import FAMILY
from generators.decontaminate import CorpusFiles, RecordedHits, unchanged
from generators.family import Family
from generators.registry import FAMILIES
from generators.sampler import Block, Sampler, default_workers, draw_blocks, redraw_duplicates
from generators.set_plan import SetPlan, master_seed, plan_from_config
from generators.write import (
    DRAWS,
    HITS,
    drawn_problems_table,
    draws_table,
    hits_table,
    read_hits,
    recount_freshness,
)

_FILE = re.compile(rf"README\.md|(?:{problem_sets.TABLE}|{DRAWS}|{HITS})/[0-9]{{5,}}\.parquet")
_ANSWER = re.compile(r"-?[0-9]{1,400}(?:/[0-9]{1,400}|\.[0-9]{1,400})?")
_MAX_FAILURES = 100
_NOT_GENERATED = Layout({problem_sets.TABLE: problem_sets.SCHEMA})


def verify_set(artifact: Artifact) -> Iterator[Failure]:
    """Every failure of an artifact of kind `problem-set` (at most 100 rows of a generated one).

    A generated set (its configuration has a family) is drawn again from its configuration, row by row,
    with the reason of every redraw. Decontamination files are searched again if they are unchanged at
    their recorded paths. Otherwise the stored hits are used, and each must occur in its item. For any
    other set, such as the benchmark of a control model, ids must be unique and texts not empty.
    """
    if artifact.config.get("family") == FAMILY:
        yield from verify_matched(artifact)
    elif "family" in artifact.config:
        yield from _generated(artifact)
    else:
        if DRAWS in artifact.manifest["tables"] or "freshness" in artifact.metadata:
            yield Failure("manifest.json", "expected a family: the set was generated")
            return
        yield from _not_generated(artifact)


def verify_binding(artifact: Artifact, weights: Mapping[str, str]) -> Iterator[Failure]:
    """Every failure of the claim that a set is derived from the weights of these checkpoints.

    Args:
        artifact: a problem set that `verify_set` accepts.
        weights: the weights hash of each checkpoint (`clean_bench.checkpoints.weights_sha256`) by name.
    """
    bound = artifact.config.get("origin", {}).get("bind")
    if not bound:
        yield Failure("manifest.json", "the set is bound to no weights")
        return
    for name, sha256 in weights.items():
        if sha256 not in bound:
            yield Failure(
                "manifest.json",
                f"the set is not bound to the weights of {name} (sha256 {sha256[:16]}...): it is bound "
                f"to {', '.join(other[:16] + '...' for other in bound)}",
            )
    for sha256 in bound:
        if sha256 not in weights.values():
            yield Failure(
                "manifest.json",
                f"the set is also bound to the weights {sha256[:16]}..., which belong to no checkpoint "
                "of the command: add it",
            )


def check_answers(artifact: Artifact) -> Iterator[Failure]:
    """Gold answers of generated problems beside a measurement, evaluated from the printed texts.

    The master seed of a set is not stored there, so its rows are not drawn again.
    """
    for name, problems in problem_sets.stored_sets(artifact).items():
        for place, problem in enumerate(problems):
            if problem.family == FAMILY:
                template = problem.metadata.get("template", "")
                if fault := template_fault(template, problem.problem, problem.answer or ""):
                    yield Failure(f"{problem_sets.TABLE}, {name} row {place} ({problem.id})", fault)
                continue
            family = FAMILIES.get(problem.family or "")
            if family is None or problem.answer is None:
                continue
            where = f"{problem_sets.TABLE}, {name} row {place} ({problem.id})"
            if fault := answer_fault(family, problem.problem, problem.answer):
                yield Failure(where, fault)
            elif problem.level != str(problem.steps):
                yield Failure(
                    where, f"has the level {problem.level}, and a text of {problem.steps} steps"
                )


def _not_generated(artifact: Artifact) -> Iterator[Failure]:
    yield from check_layout(artifact, _NOT_GENERATED)
    ids: set[str] = set()
    index = 0
    for shard in artifact.tables(problem_sets.TABLE):
        for row in shard.to_pylist():
            if not row["problem"].strip():
                yield Failure(_name(index, row), "the problem is empty")
            if row["id"] in ids:
                yield Failure(_name(index, row), "an earlier row has the same id")
            ids.add(row["id"])
            index += 1


def _generated(artifact: Artifact) -> Iterator[Failure]:
    config = artifact.config
    try:
        plan = plan_from_config(config)
        origin = config["origin"]
        master = master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        )
        files = _files(artifact, plan)
        corpus: CorpusFiles | RecordedHits | None = files
        if files is None and "decontamination" in config:
            corpus = RecordedHits(read_hits(artifact), plan.family, config["decontamination"])
    except (UserError, AttributeError, KeyError, TypeError, ValueError) as error:
        yield Failure("manifest.json", f"the configuration is not that of a set ({error})")
        return
    expected = {**plan.config(), "origin": origin}
    if "decontamination" in config:
        expected["decontamination"] = config["decontamination"]
    if config != expected or set(artifact.metadata) - {"freshness"}:
        yield Failure("manifest.json", "the keys are not those of a generated set")
        return
    tables = {name for name in (problem_sets.TABLE, DRAWS, HITS) if artifact.shards(name)}
    if tables - set(artifact.manifest["tables"]):
        yield Failure("manifest.json", "expected every stored table to be listed")
        return
    unexpected = [name for name in artifact.manifest["files"] if not _FILE.fullmatch(name)]
    if unexpected:
        yield Failure(unexpected[0], "unexpected file in a set")
        return
    if master != plan.master:
        yield Failure("manifest.json", "the master seed does not follow from its origin")
    failures = 0
    for failure in _rows_drawn_again(artifact, plan, corpus):
        yield failure
        failures += 1
        if failures == _MAX_FAILURES:
            yield Failure(
                "manifest.json", f"stopped after {_MAX_FAILURES} failures; more rows may fail"
            )
            return
    if failures:
        return
    account = recount_freshness(artifact, plan, files)
    if artifact.metadata.get("freshness") != account:
        yield Failure("manifest.json", "the freshness account does not follow from the rows")
    elif card.NAME not in artifact.manifest["files"]:
        yield Failure(card.NAME, "missing")
    elif (artifact.folder / card.NAME).read_bytes() != card.card(config, account).encode():
        yield Failure(card.NAME, "not the card of this set")


def _files(artifact: Artifact, plan: SetPlan) -> CorpusFiles | None:
    """The decontamination files of a set; None if there are none or one is missing or changed."""
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
    artifact: Artifact, plan: SetPlan, corpus: CorpusFiles | RecordedHits | None
) -> Iterator[Failure]:
    """Compare the stored tables with the rows that the plan draws."""
    firsts = draw_blocks(plan, 0, corpus, default_workers(plan.count))
    blocks = redraw_duplicates(Sampler(plan, corpus), firsts, HashSet())
    stored = {name: _Stream(artifact, name) for name in (problem_sets.TABLE, DRAWS)}
    hits = _Stream(artifact, HITS)
    for block in blocks:
        for name, expected in (
            (problem_sets.TABLE, drawn_problems_table(plan, block.rows)),
            (DRAWS, draws_table(plan, block.rows)),
        ):
            rows = stored[name].take(len(block.rows))
            if rows.num_rows < len(block.rows):
                yield _wrong_count(f"row {block.rows[rows.num_rows].index}", plan)
                return
            if not rows.equals(expected):
                yield from _differences(block, rows, expected)
            if name == problem_sets.TABLE and "answer" in rows.column_names:
                yield from _wrong_answers(plan.family, block, rows)
        if corpus is not None:
            expected = hits_table(block.hits)
            if not hits.take(expected.num_rows).equals(expected):
                yield Failure(HITS, f"differs from the hits of rows from {block.rows[0].index} on")
                return
    for name, stream in (*stored.items(), (HITS, hits)):
        if stream.take(1).num_rows:
            yield _wrong_count(f"row {plan.count}" if name != HITS else HITS, plan)
            return


def _wrong_count(where: str, plan: SetPlan) -> Failure:
    return Failure(where, f"expected {plan.count} rows in each table")


class _Stream:
    """Reads the rows of a table in batches of any size, across shards."""

    def __init__(self, artifact: Artifact, name: str) -> None:
        self._shards = artifact.tables(name)
        self._rest: pa.Table | None = None

    def take(self, count: int) -> pa.Table:
        """The next `count` rows, or fewer at the end."""
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


def _differences(block: Block, stored: pa.Table, drawn: pa.Table) -> Iterator[Failure]:
    """The rows in which a stored table differs from the drawn one."""
    if stored.column_names != drawn.column_names:
        yield Failure(f"row {block.rows[0].index}", "the columns are not those of a set")
        return
    rows = zip(block.rows, stored.to_pylist(), drawn.to_pylist(), strict=True)
    for row, stored_row, drawn_row in rows:
        wrong = [key for key, value in drawn_row.items() if stored_row[key] != value]
        if wrong:
            yield Failure(
                _name(row.index, stored_row), f"differs from the draw in {', '.join(wrong)}"
            )


def _wrong_answers(family: Family[Any], block: Block, stored: pa.Table) -> Iterator[Failure]:
    texts: Sequence[str] = stored["problem"].to_pylist()
    answers: Sequence[str] = stored["answer"].to_pylist()
    for row, text, answer in zip(block.rows, texts, answers, strict=True):
        fault = answer_fault(family, text, answer)
        if fault:
            yield Failure(f"row {row.index}", fault)


def answer_fault(family: Family[Any], text: str, answer: str) -> str | None:
    """Evaluate a stored text and compare it with the stored answer; None if they agree."""
    try:
        if not _ANSWER.fullmatch(answer):
            return f"expected an integer, fraction or decimal as answer, got {answer[:60]!r}"
        value = family.evaluate(text)
        if value == Fraction(answer):
            return None
    except (AttributeError, ValueError, TypeError, ZeroDivisionError) as error:
        return f"the text or the answer cannot be parsed ({error})"
    return f"the text evaluates to {value}, the answer is {answer}"


def _name(index: int, row: dict[str, Any]) -> str:
    return f"row {index} ({row['id']})"
