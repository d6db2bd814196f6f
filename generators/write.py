"""Write the folder of a set of fresh problems, shard by shard; an interrupted set is resumed.

Beside the table `problems` a set has the table `draws` with one row per problem: the number of
`redraws`, how many of them were `duplicates` of earlier rows or `rejected` because of a file,
`canonical`, and `part_bits`. A decontaminated set also has the table `hits`. `README.md` is the card:
with it `datasets.load_dataset(DIR)` loads the problems.

Memory: eight bytes a row, for finding duplicates, and a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.text.hash_index import HashSet, hash64
from generators import card
from generators.decontaminate import CorpusFiles
from generators.freshness import freshness_account
from generators.registry import family as family_named
from generators.sampler import (
    BLOCK_ROWS,
    Block,
    DrawnRow,
    Hit,
    Sampler,
    draw_blocks,
    redraw_duplicates,
)
from generators.set_plan import SetPlan, check_plan

DRAWS = "draws"
HITS = "hits"
SHARD_ROWS = 10_000
MAX_ROWS = 10**9
_SHARD_BLOCKS = SHARD_ROWS // BLOCK_ROWS
_DRAWS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("redraws", pa.int32()),
        ("duplicates", pa.int32()),
        ("rejected", pa.int32()),
        ("canonical", pa.string()),
        ("part_bits", pa.float64()),
    ]
)
_HITS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("redraw", pa.int32()),
        ("kind", pa.string()),
        ("what", pa.string()),
        ("file", pa.int32()),
    ]
)


def generate(
    family: str,
    steps: tuple[int, int],
    count: int,
    *,
    master: bytes,
    origin: Mapping[str, Any],
    out: str | Path,
    split: Any = "all",
    text: Any = None,
    corpus: CorpusFiles | None = None,
    workers: int = 1,
    progress: Callable[..., None] | None = None,
) -> Artifact:
    """Write a set of fresh problems. An unfinished set is resumed, a finished one is returned.

    Args:
        family: a name in `generators.registry.FAMILIES`, or one of its flavors.
        steps: the lowest and the highest tier; rows take the tiers in turn.
        count: the number of rows.
        master: the result of `generators.set_plan.master_seed`.
        origin: the origin of the master seed: `{"seed": TEXT}`, or `{"bind": [weights sha256, ...]}`,
            with `"round": TEXT` for a round. `"names"`, the names of the checkpoints, is provenance.
        out: the folder.
        split: "all", or one of the disjoint splits "train" and "eval".
        text: "latex" or "plain"; None for the default of the family.
        corpus: decontamination files; with `drops`, items that they contain are drawn again.
        workers: the number of processes; the rows do not depend on it.
        progress: called with the number of rows just drawn, with `resumed=True` for the rows of an
            earlier run, and with a note for later phases.

    Raises:
        UserError: for an unknown family or tier, more problems than exist, or a folder that holds
            something else.
    """
    definition = family_named(family)
    notation = text or definition.notations[0]
    plan = SetPlan(definition, *steps, count, split, master, notation)
    check_plan(plan)
    if count > MAX_ROWS:
        raise UserError(f"--count {count}: expected at most {MAX_ROWS:,}")
    config = {
        **plan.config(),
        "origin": {key: value for key, value in origin.items() if key != "names"},
    }
    provenance: dict[str, Any] = {"names": list(origin.get("names", []))}
    if corpus is not None:
        config["decontamination"] = corpus.config()
        provenance["decontamination"] = corpus.names
    artifact = Artifact.open(out, problem_sets.KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            report = progress or (lambda rows, note="", resumed=False: None)
            _write(artifact, plan, corpus, workers, report)
            report(0, "counting freshness")
            account = recount_freshness(artifact, plan, corpus)
            artifact.write_file(card.NAME, card.card(config, account).encode())
            report(0, "hashing rows")
            artifact.finish({"freshness": account})
    return artifact


def _write(
    artifact: Artifact,
    plan: SetPlan,
    corpus: CorpusFiles | None,
    workers: int,
    progress: Callable[..., None],
) -> None:
    known, start = _stored_rows(artifact, progress)
    blocks_left = -(-(plan.count - start) // BLOCK_ROWS)
    firsts = draw_blocks(plan, start, corpus, max(1, min(workers, blocks_left)))
    blocks: list[Block] = []
    for block in redraw_duplicates(Sampler(plan, corpus), firsts, known):
        blocks.append(block)
        progress(len(block.rows))
        end = block.rows[-1].index + 1
        if len(blocks) == _SHARD_BLOCKS or end == plan.count:
            shard = (end - 1) // SHARD_ROWS
            if corpus is not None:
                hits = [hit for block in blocks for hit in block.hits]
                artifact.write(f"{HITS}/{shard:05d}", hits_table(hits))
            rows = [row for block in blocks for row in block.rows]
            artifact.write(f"{DRAWS}/{shard:05d}", draws_table(plan, rows))
            # The shard of `problems` is written last: if it exists, the other shards do too.
            artifact.write(f"{problem_sets.TABLE}/{shard:05d}", drawn_problems_table(plan, rows))
            blocks = []


def _stored_rows(artifact: Artifact, progress: Callable[..., None]) -> tuple[HashSet, int]:
    """Hashes of the canonical forms in the stored shards, and the number of their rows."""
    known, start = HashSet(), 0
    stored = zip(
        artifact.shards(problem_sets.TABLE), artifact.tables(DRAWS, ("canonical",)), strict=False
    )
    for number, (path, table) in enumerate(stored):
        if path.stem != f"{number:05d}":
            break
        forms = table["canonical"]
        known.add(np.fromiter(map(hash64, forms.to_pylist()), np.uint64, len(forms)))
        progress(len(forms), resumed=True)
        start += len(forms)
    return known, start


def row_id(plan: SetPlan, index: int) -> str:
    """The id of a row."""
    return f"{plan.family.name}/{plan.split}/{plan.tier_of(index)}/{index:06d}"


def drawn_problems_table(plan: SetPlan, rows: Sequence[DrawnRow]) -> pa.Table:
    """The rows of the table `problems`."""
    version = f"{plan.family.name} version {plan.family.version}"
    return problem_sets.problems_table(
        problem_sets.Problem(
            id=row_id(plan, row.index),
            problem=row.problem,
            answer=row.answer,
            solution=row.solution,
            level=str(plan.tier_of(row.index)),
            family=plan.family.name,
            steps=plan.tier_of(row.index),
            bits=row.bits,
            source=f"{version}, row {row.index}",
        )
        for row in rows
    )


def draws_table(plan: SetPlan, rows: Sequence[DrawnRow]) -> pa.Table:
    """The rows of the table `draws`."""
    columns = [
        [row_id(plan, row.index) for row in rows],
        [row.redraw for row in rows],
        [row.duplicates for row in rows],
        [row.rejected for row in rows],
        [row.canonical for row in rows],
        [row.part_bits for row in rows],
    ]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, _DRAWS_SCHEMA, strict=True)]
    return pa.table(arrays, _DRAWS_SCHEMA)


def hits_table(hits: Sequence[Hit]) -> pa.Table:
    """The rows of the table `hits`."""
    return pa.Table.from_pylist([hit._asdict() for hit in hits], schema=_HITS_SCHEMA)


def read_hits(artifact: Artifact) -> Iterator[Hit]:
    """The stored hits of a set."""
    for table in artifact.tables(HITS):
        for row in table.to_pylist():
            yield Hit(**row)


def recount_freshness(
    artifact: Artifact, plan: SetPlan, corpus: CorpusFiles | None = None
) -> dict[str, Any]:
    """Compute the freshness account from the stored rows.

    Args:
        artifact: the folder of the set.
        plan: its plan.
        corpus: its decontamination files; without them, the counts of shared sub-expressions are
            copied from the manifest.
    """

    def shards() -> Iterator[tuple[pa.Table, pa.Table]]:
        problems = artifact.tables(problem_sets.TABLE, ("steps", "bits", "answer", "problem"))
        draws = artifact.tables(DRAWS, ("redraws", "duplicates", "rejected", "part_bits"))
        return zip(problems, draws, strict=True)

    min_entropy = {
        tier: plan.family.min_bits(tier)
        - (0 if plan.split == "all" else plan.family.most_split_bits(tier))
        for tier in plan.tier_counts()
    }
    decontamination = None
    if "decontamination" in artifact.config:
        decontamination = {
            **artifact.config["decontamination"],
            "hits": read_hits(artifact),
            "parts": artifact.metadata["freshness"]["decontamination"]["parts"]
            if corpus is None
            else shared_parts(artifact, plan, corpus),
        }
    origin = artifact.config["origin"]
    return freshness_account(shards, plan.tier_counts(), min_entropy, origin, decontamination)


def shared_parts(
    artifact: Artifact, plan: SetPlan, corpus: CorpusFiles
) -> dict[str, dict[str, int]]:
    """Counts of the items' sub-expressions by steps: drawn, and contained in the files.

    Every occurrence counts. Empty for families whose sub-expressions are not compared.
    """
    if not corpus.has_parts:
        return {}
    counts: dict[int, list[int]] = {}
    for table in artifact.tables(problem_sets.TABLE):
        for text in table["problem"].to_pylist():
            for steps, part in plan.family.parts(plan.family.read(text)):
                count = counts.setdefault(steps, [0, 0])
                count[0] += 1
                count[1] += corpus.has_part(steps, part)
    return {str(k): {"drawn": n, "in_files": m} for k, (n, m) in sorted(counts.items())}
