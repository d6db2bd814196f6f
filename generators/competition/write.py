"""Write the folder of a matched set.

Beside the table `problems` it has the table `draws` with one row per problem: how often it was
drawn again, how often because the computation or the answers repeated, and its canonical form; and,
where files were searched, the table `twins`: items with a twin, with the number of the draw of their
group. That is 0, unless groups with a twin were drawn again: then the table has the items of dropped
draws. A set is drawn within seconds, so an interrupted one begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact
from clean_bench.problems import Problem
from generators.competition import card
from generators.competition.account import matched_account
from generators.competition.draw import DrawnRow
from generators.competition.panel import checkpoints
from generators.competition.plan import MatchedPlan, check_plan
from generators.competition.redraws import draw_searched
from generators.competition.twins import TwinFiles

DRAWS = "draws"
TWINS = "twins"
SHARD = "00000"
_DRAWS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("redraws", pa.int32()),
        ("repeated", pa.int32()),
        ("canonical", pa.string()),
    ]
)
_TWINS_SCHEMA = pa.schema([("id", pa.string()), ("redraw", pa.int32()), ("file", pa.int32())])


def generate_matched(
    plan: MatchedPlan,
    *,
    origin: Mapping[str, Any],
    out: str | Path,
    files: TwinFiles | None = None,
    progress: Callable[[int], None] | None = None,
) -> Artifact:
    """Write a matched set, or return it if the folder holds it.

    Args:
        plan: what is drawn.
        origin: `{"seed": TEXT}` or `{"bind": [weights sha256, ...]}`, with `"round"`; `"names"` are
            provenance.
        out: the folder.
        files: files that are searched for twins; with `drops`, a group with one is drawn again.
        progress: called with the number of rows of every group.

    Raises:
        UserError: for a plan that no set can fulfil, or a folder that holds something else.
    """
    check_plan(plan)
    config = {
        **plan.config(),
        "panel": checkpoints(),
        "origin": {key: value for key, value in origin.items() if key != "names"},
    }
    if files is not None:
        config |= {"twin_files": files.config(), "drop": files.drops}
    provenance = {"names": list(origin.get("names", []))}
    if files is not None:
        provenance["twin_files"] = files.names
    artifact = Artifact.open(out, problem_sets.KIND, config, provenance=provenance)
    with artifact:
        if not artifact.finished:
            rows: list[DrawnRow] = []
            twins: list[Mapping[str, Any]] = []
            for group in draw_searched(plan, files):
                rows += group.rows
                twins += group.twins
                if progress is not None:
                    progress(len(group.rows))
            problems = [row.problem for row in rows]
            if files is not None:
                artifact.write(f"{TWINS}/{SHARD}", twins_table(twins))
            artifact.write(f"{DRAWS}/{SHARD}", draws_table(rows))
            artifact.write(f"{problem_sets.TABLE}/{SHARD}", problem_sets.problems_table(problems))
            account = account_of(config, problems, twins)
            artifact.write_file(card.NAME, card.card(config, account).encode())
            artifact.finish({"matched": account})
    return artifact


def account_of(
    config: Mapping[str, Any], problems: Sequence[Problem], twins: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The account of a set with this configuration, its rows and its twins."""
    searched, drops = config.get("twin_files", []), config.get("drop", False)
    return matched_account(problems, config["origin"], searched, twins, config["panel"], drops)


def draws_table(rows: Sequence[DrawnRow]) -> pa.Table:
    """The rows of the table `draws`."""
    values = [
        {
            "id": row.problem.id,
            "redraws": row.redraws,
            "repeated": row.repeated,
            "canonical": row.canonical,
        }
        for row in rows
    ]
    return pa.Table.from_pylist(values, schema=_DRAWS_SCHEMA)


def twins_table(twins: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The rows of the table `twins`."""
    return pa.Table.from_pylist(list(twins), schema=_TWINS_SCHEMA)
