"""`clean-bench generate competition`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.cli.common import emit, progress_bar, say
from clean_bench.cli.tables import table

if TYPE_CHECKING:
    from generators.family import Split

DEFAULT_GROUPS = 258


def generate_competition(
    profile: str | None,
    groups: int | None,
    selection: tuple[str | None, int | None, str | None, Split],
    origin: Mapping[str, Any],
    files: Sequence[str],
    out: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Draw a matched set and print its account.

    Args:
        profile: None for the default one.
        groups: None for `DEFAULT_GROUPS`.
        selection: subject, level and template, each None for all, and the split.
        origin: `seed`, or `bind`, `names` and `round`.
        files: files in which twins are counted.
    """
    from clean_bench.artifacts import Artifact
    from clean_bench.problems.problem import KIND
    from generators.competition.plan import MatchedPlan, check_plan
    from generators.competition.profile import DEFAULT, profile_named
    from generators.competition.twins import TwinFiles
    from generators.competition.write import generate_matched
    from generators.set_plan import master_seed

    master = master_seed(
        seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
    )
    subject, level, template, split = selection
    count = DEFAULT_GROUPS if groups is None else groups
    plan = MatchedPlan(
        profile_named(profile or DEFAULT), count, master, subject, level, template, split
    )
    check_plan(plan)
    if dry_run:
        Artifact.try_folder(out, KIND)
        cells = {f"{name} {level}": count for (name, level), count in plan.cells.items()}
        data = {"groups": plan.groups, "problems": plan.count, "cells": cells, "out": str(out)}
        emit(
            as_json,
            data,
            f"{plan.groups} groups of {len(plan.used)} templates: {plan.count:,} problems",
        )
        return
    twin_files = None
    if files:
        say(f"reading {', '.join(files)}")
        twin_files = TwinFiles(files)
    with progress_bar("generating", plan.count) as bar:
        artifact = generate_matched(
            plan, origin=origin, out=out, files=twin_files, progress=bar.advance
        )
    account = artifact.metadata["matched"]
    data = {
        "out": str(out),
        **artifact.config,
        "content_sha256": artifact.manifest["tables"]["problems"]["content_sha256"],
        "matched": account,
    }
    emit(as_json, data, f"{view(account)}\n\n{account['claim']}")


def view(account: Mapping[str, Any]) -> str:
    """The problems of each subject by level, as text."""
    from generators.competition.account import cell_table
    from generators.competition.profile import LEVELS

    headings = ("subject", *(f"level {level}" for level in LEVELS))
    return table(headings, cell_table(account["cells"]))
