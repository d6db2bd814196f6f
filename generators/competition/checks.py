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
from generators.competition.draw import DrawnRow
from generators.competition.panel import checkpoints
from generators.competition.plan import MatchedPlan, plan_from_config
from generators.competition.redraws import draw_searched
from generators.competition.registry import templates
from generators.competition.twins import RecordedTwins, TwinFiles, TwinSearch, shown_name
from generators.competition.write import DRAWS, TWINS, account_of, draws_table, twins_table
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
    searched: dict[str, Any] = {k: config[k] for k in ("twin_files", "drop") if k in config}
    expected = {**plan.config(), "origin": origin, "panel": config["panel"], **searched}
    if differing := sorted(
        key for key in {*config, *expected} if config.get(key, ...) != expected.get(key, ...)
    ):
        yield Failure(
            "manifest.json", f"the configuration {_difference(differing[0], config, expected)}"
        )
        return
    if set(artifact.metadata) != {"matched"}:
        yield Failure("manifest.json", "metadata: expected the entry matched alone")
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


def _difference(key: str, config: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """How an entry of the configuration differs from that of the plan."""
    if key not in expected:
        return f"has the entry {key}, which a matched set does not have"
    stored = f"{config[key]!r}"[:60] if key in config else "none"
    return f"differs from that of the plan in {key}: expected {expected[key]!r}, got {stored}"


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
    return _files_fault(config)


def _files_fault(config: Mapping[str, Any]) -> str | None:
    """The first entry about searched files that has another form than a matched set writes."""
    if "twin_files" not in config:
        return "drop: expected twin_files beside it" if "drop" in config else None
    files = config["twin_files"]
    if not isinstance(files, list) or not all(
        isinstance(file, dict)
        and set(file) == {"name", "sha256", "problems"}
        and isinstance(file["name"], str)
        and file["name"] == shown_name(file["name"])
        and isinstance(file["sha256"], str)
        and _SHA256.fullmatch(file["sha256"])
        and type(file["problems"]) is int
        for file in files
    ):
        return "twin_files: expected base names, hashes and numbers of problems"
    return None if isinstance(config.get("drop"), bool) else "drop: expected bool"


def _rows(artifact: Artifact, plan: MatchedPlan) -> Iterator[Failure]:
    """Compare the stored tables with the rows that the plan draws, and the answers with the texts."""
    twins = [row for table in artifact.tables(TWINS) for row in table.to_pylist()]
    files = _unchanged_files(artifact)
    if "twin_files" in artifact.config:
        described, drops = artifact.config["twin_files"], artifact.config["drop"]
        if files is not None and files.config() != described:
            yield Failure(
                "manifest.json", "twin_files: not the names and numbers of problems of the files"
            )
            return
        search: TwinSearch | None = files or RecordedTwins(twins, len(described), drops)
    else:
        search = None
    try:
        groups = list(draw_searched(plan, search))
    except UserError as error:
        yield Failure("manifest.json", f"the set cannot be drawn ({error})")
        return
    drawn: list[DrawnRow] = [row for group in groups for row in group.rows]
    if [twin for group in groups for twin in group.twins] != twins:
        yield Failure(
            TWINS,
            "not the twins of the items in the files"
            if files is not None
            else "expected items of the set, in its order, each with a file at most once",
        )
        return
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
    twins = [row for table in artifact.tables(TWINS) for row in table.to_pylist()]
    account = account_of(config, problems, twins)
    if artifact.metadata["matched"] != account:
        yield Failure("manifest.json", "the account does not follow from the rows")
    elif (artifact.folder / card.NAME).read_bytes() != card.card(config, account).encode():
        yield Failure(card.NAME, "not the card of this set")


def _unchanged_files(artifact: Artifact) -> TwinFiles | None:
    """The files that were searched; None if one is missing or changed."""
    names = artifact.manifest["provenance"].get("twin_files", [])
    described = artifact.config.get("twin_files", [])
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        return None
    if not names or len(names) != len(described):
        return None
    hashes = [file["sha256"] for file in described]
    try:
        for name, sha256 in zip(names, hashes, strict=True):
            # A large file is read for its problems only if it is the one of the manifest.
            if Path(name).is_file() and sha256_of_regular(Path(name)) != sha256:
                return None
        files = TwinFiles(names, artifact.config["drop"])
    except (UserError, OSError, ValueError):
        return None
    return files if [file["sha256"] for file in files.config()] == hashes else None
