"""Verify a matched set: draw its rows again, compute the answers from the texts, recount its account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clean_bench import problems as problem_sets
from clean_bench.artifacts import Artifact, Failure, Layout, check_layout
from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import sha256_of_regular
from clean_bench.problems.problem import stored_problems
from generators.competition import card
from generators.competition.account import matched_account
from generators.competition.draw import DrawnRow, draw_groups
from generators.competition.panel import checkpoints
from generators.competition.plan import MatchedPlan, plan_from_config
from generators.competition.registry import templates
from generators.competition.twins import TwinFiles
from generators.competition.write import DRAWS, TWINS, draws_table, twins_table
from generators.set_plan import master_seed

LONGEST = 5_000
"""Characters of a text that is read; the templates print far shorter ones."""
_MOST_FAILURES = 100
_SHA256 = re.compile("[0-9a-f]{64}")
_NONE = type(None)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "groups": (int,),
    "variants": (int,),
    "profile": (str,),
    "split": (str,),
    "master_seed": (str,),
    "subject": (str, _NONE),
    "level": (int, _NONE),
    "template": (str, _NONE),
    "templates": (dict,),
    "origin": (dict,),
    "panel": (list,),
}
_TABLES = (problem_sets.TABLE, DRAWS, TWINS)


def verify_matched(artifact: Artifact) -> Iterator[Failure]:
    """Every failure of a matched set (at most 100 rows)."""
    config = artifact.config
    fault = config_fault(config)
    if fault is not None:
        yield Failure("manifest.json", f"the configuration is not that of a matched set ({fault})")
        return
    try:
        plan = plan_from_config(config)
        origin = config["origin"]
        master = master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        )
    except (UserError, AttributeError, KeyError, TypeError, ValueError) as error:
        yield Failure("manifest.json", f"the configuration is not that of a matched set ({error})")
        return
    searched = {"twin_files": config["twin_files"]} if "twin_files" in config else {}
    kept = {"origin": origin, "panel": config["panel"], **searched}
    if config != {**plan.config(), **kept} or set(artifact.metadata) != {"matched"}:
        yield Failure("manifest.json", "the keys are not those of a matched set")
        return
    expected_tables = set(_TABLES) - (set() if searched else {TWINS})
    schemas = {
        problem_sets.TABLE: problem_sets.SCHEMA,
        DRAWS: draws_table([]).schema,
        TWINS: twins_table([]).schema,
    }
    layout = Layout({name: schemas[name] for name in expected_tables}, files=re.escape(card.NAME))
    faults = list(check_layout(artifact, layout))
    yield from faults
    if faults:
        return
    if master != plan.master:
        yield Failure("manifest.json", "the master seed does not follow from its origin")
    for name in (problem_sets.TABLE, DRAWS):
        rows = artifact.manifest["tables"].get(name, {}).get("rows")
        if rows != plan.count:
            yield Failure(name, f"expected {plan.count} rows, got {rows}")
            return
    number = 0
    for number, failure in enumerate(_rows(artifact, plan), 1):
        yield failure
        if number == _MOST_FAILURES:
            yield Failure("manifest.json", f"stopped after {number} failures; more rows may fail")
            return
    if not number:
        yield from _account(artifact)


def config_fault(config: Mapping[str, Any]) -> str | None:
    """The first entry of a configuration that has another type than a matched set writes; None if
    none."""
    for key, kinds in _TYPES.items():
        if type(config.get(key)) not in kinds:
            return f"{key}: expected {' or '.join(kind.__name__ for kind in kinds)}"
    if config["panel"] not in ([], checkpoints()):
        return "panel: expected none, or that of this release"
    origin = config["origin"]
    bind = origin.get("bind")
    if set(origin) == {"seed"}:
        sound = isinstance(origin["seed"], str)
    else:
        sound = (
            set(origin) in ({"bind"}, {"bind", "round"})
            and isinstance(bind, list)
            and all(isinstance(name, str) and _SHA256.fullmatch(name) for name in bind)
            and bind == sorted(set(bind))
            and isinstance(origin.get("round", ""), str)
        )
    if not sound:
        return "origin: expected a seed, or sorted hashes of weights and perhaps a round"
    files = config.get("twin_files", [])
    if not isinstance(files, list) or not all(
        isinstance(file, dict)
        and set(file) == {"sha256", "problems"}
        and isinstance(file["sha256"], str)
        and type(file["problems"]) is int
        for file in files
    ):
        return "twin_files: expected hashes and numbers of problems"
    return None


def _rows(artifact: Artifact, plan: MatchedPlan) -> Iterator[Failure]:
    """Compare the stored tables with the rows that the plan draws, and the answers with the texts."""
    drawn: list[DrawnRow] = [row for group in draw_groups(plan) for row in group]
    problems = problem_sets.problems_table(row.problem for row in drawn)
    for name, expected in ((problem_sets.TABLE, problems), (DRAWS, draws_table(drawn))):
        stored = [row for table in artifact.tables(name) for row in table.to_pylist()]
        if len(stored) != len(drawn):
            yield Failure(name, f"expected {len(drawn)} rows, got {len(stored)}")
            return
        for index, (row, again) in enumerate(zip(stored, expected.to_pylist(), strict=True)):
            if wrong := [key for key, value in again.items() if row.get(key) != value]:
                yield Failure(
                    f"row {index} ({again['id']})", f"differs from the draw in {', '.join(wrong)}"
                )
            if name == problem_sets.TABLE:
                metadata = {entry["key"]: entry["value"] for entry in row["metadata"] or ()}
                fault = answer_fault(
                    metadata.get("template", ""), row["problem"] or "", row["answer"] or ""
                )
                if fault is not None:
                    yield Failure(f"row {index} ({again['id']})", fault)


def answer_fault(template: str, text: str, answer: str) -> str | None:
    """Compute the answer from a stored text and compare it with the stored one; None if they agree."""
    if template not in templates():
        return f"expected a competition template, got {template!r}"
    if len(text) > LONGEST:
        return f"expected a text of at most {LONGEST:,} characters, got {len(text):,}"
    try:
        value = templates()[template].evaluate(text)
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError) as error:
        return f"the text cannot be read ({error})"
    return None if value == answer else f"the text gives {value}, the answer is {answer}"


def _account(artifact: Artifact) -> Iterator[Failure]:
    config = artifact.config
    problems = list(stored_problems(artifact))
    twins: list[Mapping[str, Any]] = []
    if "twin_files" in config:
        twins = [row for table in artifact.tables(TWINS) for row in table.to_pylist()]
        ids, known = {problem.id for problem in problems}, range(len(config["twin_files"]))
        places = [(row["id"], row["file"]) for row in twins]
        if len(set(places)) < len(places) or any(
            name not in ids or file not in known for name, file in places
        ):
            yield Failure(TWINS, "expected each item of the set and file at most once")
            return
        files = _unchanged_files(artifact)
        if files is not None and files.rows != [file["problems"] for file in config["twin_files"]]:
            yield Failure("manifest.json", "twin_files: not the numbers of problems of the files")
        if files is not None and list(files.twins(problems)) != twins:
            yield Failure(TWINS, "not the twins of the items in the files")
    searched = config.get("twin_files", [])
    account = matched_account(problems, config["origin"], searched, twins, config["panel"])
    if artifact.metadata["matched"] != account:
        yield Failure("manifest.json", "the account does not follow from the rows")
    elif (artifact.folder / card.NAME).read_bytes() != card.card(config, account).encode():
        yield Failure(card.NAME, "not the card of this set")


def _unchanged_files(artifact: Artifact) -> TwinFiles | None:
    """The files that were searched; None if one is missing or changed."""
    names = artifact.manifest["provenance"].get("twin_files", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    described = artifact.config["twin_files"]
    try:
        same = len(names) == len(described) and all(
            sha256_of_regular(Path(name)) == file["sha256"]
            for name, file in zip(names, described, strict=True)
        )
        return TwinFiles(names) if same else None
    except (UserError, OSError, KeyError):
        return None
