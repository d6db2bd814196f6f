"""The folder of a set of fresh problems: written shard by shard, resumed, never half there.

Beside the table `problems` a set has the table `draws`, row by row: `redraws`, how many of these were
`duplicates` of earlier rows or `rejected` for a file, `canonical` and `part_bits`. A set that was drawn
against files has a table `hits` too. `README.md` is the card by which `datasets.load_dataset(DIR)`
finds the problems.

Memory does not grow with the set but for eight bytes a row, by which duplicates are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact
from clean_bench.errors import UserError
from clean_bench.text.hash_index import HashSet, hash_texts
from generators import card
from generators.decontaminate import CorpusFiles
from generators.freshness import freshness
from generators.plan import Plan, check
from generators.registry import family as family_named
from generators.sampler import BLOCK_ROWS, Block, Hit, Row, Source, draw_blocks, without_duplicates

DRAWS = "draws"
HITS = "hits"
SHARD_ROWS = 10_000
MOST_ROWS = 10**9
_BLOCKS = SHARD_ROWS // BLOCK_ROWS
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
    against: CorpusFiles | None = None,
    workers: int = 1,
    progress: Callable[..., None] | None = None,
) -> Artifact:
    """Write a set of fresh problems; a set that was begun is continued, a finished one is returned.

    Args:
        family: a name in `generators.registry.FAMILIES`, or one of its flavors.
        steps: lowest and highest tier; they take turns.
        count: rows in all.
        master: what `plans.master_seed` gave.
        origin: how: `{"seed": TEXT}`, or `{"bind": [weights sha256, ...]}` with `"round": TEXT`
            where there is one. `"names"`, what the checkpoints were called, goes to the provenance.
        out: the folder.
        split: "all", or one of the disjoint halves "train" and "eval".
        text: "latex" or "plain"; None for what is usual in the family.
        against: files to decontaminate the set against.
        workers: processes; the rows do not depend on it.
        progress: called with the number of rows that were just done, and with a note about what
            follows the rows.

    Raises:
        UserError: for an unknown family, tiers it does not have, more problems than exist, or a
            folder that holds something else.
    """
    found = family_named(family)
    plan = Plan(found, *steps, count, split, master, text or found.notations[0])
    check(plan)
    if count > MOST_ROWS:
        raise UserError(f"--count {count}: a set holds at most {MOST_ROWS:,} problems")
    config = {
        **plan.config(),
        "origin": {key: value for key, value in origin.items() if key != "names"},
    }
    provenance: dict[str, Any] = {"names": list(origin.get("names", []))}
    if against is not None:
        config["decontamination"] = against.config()
        provenance["decontamination"] = against.names
    artifact = Artifact.open(out, problem_sets.KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            tell = progress or (lambda rows, note="": None)
            _write(artifact, plan, against, workers, tell)
            tell(0, "counting freshness")
            account = freshness_of(artifact, plan, against)
            artifact.write_file(card.NAME, card.card(config, account).encode())
            tell(0, "hashing rows")
            artifact.finish({"freshness": account})
    return artifact


def _write(
    artifact: Artifact,
    plan: Plan,
    against: CorpusFiles | None,
    workers: int,
    progress: Callable[[int], None],
) -> None:
    seen, start = _begun(artifact, plan, progress)
    blocks_left = -(-(plan.count - start) // BLOCK_ROWS)
    firsts = draw_blocks(plan, start, against, max(1, min(workers, blocks_left)))
    blocks: list[Block] = []
    for block in without_duplicates(Source(plan, against), firsts, seen):
        blocks.append(block)
        progress(len(block.rows))
        end = block.rows[-1].index + 1
        if len(blocks) == _BLOCKS or end == plan.count:
            shard = (end - 1) // SHARD_ROWS
            if against is not None:
                hits = [hit for block in blocks for hit in block.hits]
                artifact.write(f"{HITS}/{shard:05d}", hits_table(hits))
            rows = [row for block in blocks for row in block.rows]
            artifact.write(f"{DRAWS}/{shard:05d}", draws_table(plan, rows))
            # A shard of `problems` is written after the others: where it is, they are.
            artifact.write(f"{problem_sets.TABLE}/{shard:05d}", problems_table(plan, rows))
            blocks = []


def _begun(artifact: Artifact, plan: Plan, progress: Callable[[int], None]) -> tuple[HashSet, int]:
    """The canonical forms in the shards that are there, and the first row that is not."""
    seen, start = HashSet(), 0
    drawn = zip(
        artifact.shards(problem_sets.TABLE), artifact.tables(DRAWS, ("canonical",)), strict=False
    )
    for number, (path, table) in enumerate(drawn):
        if path.stem != f"{number:05d}":
            break
        forms = table["canonical"]
        seen.add(hash_texts(forms.to_pylist()))
        progress(len(forms))
        start += len(forms)
    return seen, start


def row_id(plan: Plan, index: int) -> str:
    """The id of a row."""
    return f"{plan.family.name}/{plan.split}/{plan.tier(index)}/{index:06d}"


def problems_table(plan: Plan, rows: Sequence[Row]) -> pa.Table:
    """The `problems` of rows."""
    tiers = [plan.tier(row.index) for row in rows]
    source = f"{plan.family.name} version {plan.family.version}, row"
    columns: dict[str, Any] = {
        "id": [row_id(plan, row.index) for row in rows],
        "problem": [row.problem for row in rows],
        "answer": [row.answer for row in rows],
        "solution": [row.solution for row in rows],
        "level": list(map(str, tiers)),
        "family": [plan.family.name] * len(rows),
        "steps": tiers,
        "bits": [row.bits for row in rows],
        "source": [f"{source} {row.index}" for row in rows],
    }
    nothing = [None] * len(rows)
    schema = problem_sets.SCHEMA
    return pa.table([pa.array(columns.get(f.name, nothing), f.type) for f in schema], schema)


def draws_table(plan: Plan, rows: Sequence[Row]) -> pa.Table:
    """The `draws` of rows."""
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
    """The `hits` of draws."""
    return pa.Table.from_pylist([hit._asdict() for hit in hits], schema=_HITS_SCHEMA)


def read_hits(artifact: Artifact) -> Iterator[Hit]:
    """The hits of a set's folder."""
    for table in artifact.tables(HITS):
        for row in table.to_pylist():
            yield Hit(**row)


def freshness_of(
    artifact: Artifact, plan: Plan, against: CorpusFiles | None = None
) -> dict[str, Any]:
    """What the rows of a set's folder say about its freshness.

    Args:
        artifact: the folder.
        plan: what was drawn.
        against: the files that it was drawn against; without them, what the manifest says of
            sub-expressions in them is taken over.
    """

    def shards() -> Iterator[tuple[pa.Table, pa.Table]]:
        problems = artifact.tables(problem_sets.TABLE, ("steps", "bits", "answer", "problem"))
        draws = artifact.tables(DRAWS, ("redraws", "duplicates", "rejected", "part_bits"))
        return zip(problems, draws, strict=True)

    halved = plan.split != "all"
    floors = {
        tier: plan.family.min_bits(tier) - (plan.family.most_split_bits(tier) if halved else 0)
        for tier in plan.sizes()
    }
    words = None
    if "decontamination" in artifact.config:
        words = {**artifact.config["decontamination"], "hits": read_hits(artifact)}
        if against is None:
            words["parts"] = artifact.metadata["freshness"]["decontamination"]["parts"]
        else:
            words["parts"] = shared_parts(artifact, plan, against)
    return freshness(shards, plan.sizes(), floors, artifact.config["origin"], words)


def shared_parts(artifact: Artifact, plan: Plan, against: CorpusFiles) -> dict[str, dict[str, int]]:
    """How many sub-expressions of the set's items stand in the files too, by their steps.

    Each occurrence counts. Empty for families whose parts are not compared.
    """
    if not against.has_parts:
        return {}
    counts: dict[int, list[int]] = {}
    for table in artifact.tables(problem_sets.TABLE):
        for text in table["problem"].to_pylist():
            for steps, part in plan.family.parts(plan.family.read(text)):
                count = counts.setdefault(steps, [0, 0])
                count[0] += 1
                count[1] += against.has_part(steps, part)
    return {str(k): {"drawn": n, "in_files": m} for k, (n, m) in sorted(counts.items())}
