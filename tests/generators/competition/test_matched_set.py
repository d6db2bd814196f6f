"""Matched sets: reproducible, bound, in groups, in cells, and verified."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact, verify
from clean_bench.problems import load_problems
from generators.checks import verify_binding, verify_set
from generators.competition.checks import answer_fault
from generators.competition.draw import draw_groups, stable_text
from generators.competition.plan import MatchedPlan, plan_from_config, shares
from generators.competition.profile import profile_named
from generators.competition.twins import TwinFiles, signature
from generators.competition.write import generate_matched
from generators.set_plan import master_seed

MATH500 = profile_named("math500")


def plan(groups: int = 40, seed: str = "test", **selection: object) -> MatchedPlan:
    return MatchedPlan(MATH500, groups, master_seed(seed=seed), **selection)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matched") / "set"
    generate_matched(plan(), origin={"seed": "test"}, out=folder)
    return folder


def failures(folder: Path) -> list[str]:
    return [str(failure) for failure in verify(folder, {"problem-set": verify_set})]


def test_a_set_verifies_and_has_its_role(made: Path) -> None:
    assert failures(made) == []
    problems = load_problems(str(made))
    assert problems.role == "matched" and len(problems) == 200
    assert "fresh" not in json.dumps(Artifact.load(made).metadata).replace("freshness", "")


def test_the_rows_follow_from_the_seed() -> None:
    texts = [
        [row.problem.problem for group in draw_groups(plan(30, s)) for row in group] for s in "aab"
    ]
    assert texts[0] == texts[1]
    assert len(set(texts[0]) & set(texts[2])) <= 1


def test_variants_differ_in_their_numbers_alone() -> None:
    for rows in draw_groups(plan(60)):
        problems = [row.problem for row in rows]
        assert len({p.group for p in problems}) == 1 and len({p.problem for p in problems}) == 5
        assert len({p.answer for p in problems}) >= 3
        assert len({row.canonical for row in rows}) == 5
        assert len({p.metadata["answer_type"] for p in problems}) == 1


def test_groups_are_shared_out_over_the_cells() -> None:
    whole = plan(1000)
    available = {(t.subject, t.level) for t in whole.used}
    weights = {cell: n for cell, n in MATH500.cells.items() if cell in available}
    counts = Counter((g.template.subject, g.template.level) for g in whole.all_groups)
    assert sum(counts.values()) == 1000
    for cell, weight in weights.items():
        assert abs(counts[cell] - 1000 * weight / sum(weights.values())) < 1


def test_shares_are_those_of_the_largest_remainder() -> None:
    assert shares({"a": 5, "b": 3, "c": 2}, 7) == {"a": 4, "b": 2, "c": 1}
    assert shares({"a": 1, "b": 1}, 1) == {"a": 1}


def test_the_splits_share_no_computation() -> None:
    of_split = {}
    for split in ("train", "eval"):
        rows = [row for group in draw_groups(plan(60, split=split)) for row in group]
        of_split[split] = {row.canonical for row in rows}
        assert len(of_split[split]) == 300
        assert min(float(row.problem.bits or 0) for row in rows) >= 12 - 1.125
    assert not of_split["train"] & of_split["eval"]
    assert plan(5, split="train").config()["role"] == "train"
    assert plan(5, split="eval").config()["role"] == "matched"


def test_levels_do_not_differ_in_the_size_of_numbers() -> None:
    rows = [group[0].problem for group in draw_groups(plan(800))]
    singles, largest = {}, {}
    for level in "12345":
        texts = [row.problem for row in rows if row.level == level]
        numbers = [re.findall(r"\d+", text) for text in texts]
        flat = [number for of_text in numbers for number in of_text]
        singles[level] = sum(len(number) == 1 for number in flat) / len(flat)
        largest[level] = statistics.median(max(map(int, n), default=0) for n in numbers)
    assert min(singles.values()) >= singles["1"] - 0.05
    assert largest["5"] <= 2 * largest["1"]


def test_styles_are_quotas() -> None:
    groups = plan(600).all_groups
    for subject, style in MATH500.styles.items():
        rows = [g.style for g in groups if g.template.subject == subject]
        for field, share in style.items():
            assert sum(getattr(row, field) for row in rows) == round(share * len(rows))


def test_selections(tmp_path: Path) -> None:
    assert {g.template.subject for g in plan(8, subject="Number Theory").all_groups} == {
        "Number Theory"
    }
    assert {g.template.level for g in plan(8, level=5).all_groups} == {5}
    one = plan(8, template="power-sum-remainder")
    assert {g.template.name for g in one.all_groups} == {"power-sum-remainder"}
    assert plan_from_config(one.config()) == one


@pytest.mark.parametrize("table", ["problems", "draws"])
def test_a_forged_row_is_found(made: Path, tmp_path: Path, table: str) -> None:
    def forge(rows: list[dict[str, object]]) -> None:
        rows[7]["answer" if table == "problems" else "canonical"] = "123"

    forged = edited(made, tmp_path / "f", lambda artifact: change_rows(artifact, table, forge))
    found = failures(forged)
    assert any("row 7" in failure for failure in found)
    if table == "problems":
        assert any("the answer is 123" in failure for failure in found)


def test_hostile_texts_are_refused_in_time() -> None:
    hostile = [r"\[" * 2_400, "$" * 4_999, r"\frac{" * 800, "1," * 2_000, "(" * 4_000, "x" * 10**6]
    begun = time.process_time()
    for name in ("power-sum-remainder", "median-of-list", "remainder-by-quadratic"):
        for text in hostile:
            assert answer_fault(name, text, "1") is not None
    assert (
        answer_fault("no-template", "x", "1")
        == "expected a competition template, got 'no-template'"
    )
    assert time.process_time() - begun < 20


def test_a_forged_claim_and_another_version_are_found(made: Path, tmp_path: Path) -> None:
    def claim(artifact: Artifact) -> None:
        artifact.manifest["metadata"]["matched"]["claim"] = "fresh"

    def version(artifact: Artifact) -> None:
        versions = artifact.manifest["config"]["templates"]
        versions[min(versions)] += 1

    def seed(artifact: Artifact) -> None:
        artifact.manifest["config"]["origin"] = {"seed": "other"}

    for number, (change, expected) in enumerate(
        [(claim, "the account"), (version, "another version of"), (seed, "master seed")]
    ):
        assert any(expected in f for f in failures(edited(made, tmp_path / str(number), change)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("groups", 40.0),
        ("groups", True),
        ("level", 3.0),
        ("split", None),
        ("templates", []),
        ("panel", None),
        ("panel", ["a checkpoint that no release has measured"]),
        ("origin", {"bind": "abc"}),
        ("origin", {"bind": ["abc"]}),
        ("origin", {"seed": "test", "extra": 1}),
        ("twin_files", 7),
        ("twin_files", [{"name": "a", "sha256": "a" * 64, "problems": 1.5}]),
        ("twin_files", [{"sha256": "a" * 64, "problems": 1}]),
    ],
)
def test_a_forged_configuration_is_named(
    made: Path, tmp_path: Path, key: str, value: object
) -> None:
    forged = edited(made, tmp_path / "f", lambda a: a.manifest["config"].update({key: value}))
    found = failures(forged)
    assert len(found) == 1 and f"({key}: expected" in found[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"role": "train"}, "in role: expected 'matched', got 'train'"),
        ({"variants": 4}, "in variants: expected 5, got 4"),
        ({"family": "competition"}, None),
        ({"extra": 1}, "has the entry extra"),
        ({"subject": "Algebra"}, "templates: expected the "),
        ({"level": 5}, "templates: expected the "),
        ({"template": "after-removal"}, "templates: expected the 1 that subject"),
        ({"split": "train"}, "in role: expected 'train', got 'matched'"),
    ],
)
def test_a_changed_entry_of_the_configuration_is_named(
    made: Path, tmp_path: Path, changes: dict[str, object], expected: str | None
) -> None:
    found = failures(edited(made, tmp_path / "f", lambda a: a.manifest["config"].update(changes)))
    assert (found == []) if expected is None else (len(found) == 1 and expected in found[0])
    assert "another version" not in "".join(found)


@pytest.mark.parametrize("column", ["subject", "level", "group", "source", "metadata"])
def test_a_changed_column_of_a_row_is_named(made: Path, tmp_path: Path, column: str) -> None:
    def forge(rows: list[dict[str, Any]]) -> None:
        rows[7][column] = (
            [*rows[7][column], {"key": "role", "value": "x"}] if column == "metadata" else "other"
        )

    forged = edited(made, tmp_path / "f", lambda a: change_rows(a, "problems", forge))
    (found,) = failures(forged)
    assert "row 7" in found and found.endswith(f"differs from the draw in {column}")


def test_a_bound_set_changes_with_the_weights(tmp_path: Path) -> None:
    one, two = "a" * 64, "b" * 64
    folder = tmp_path / "set"
    bound = MatchedPlan(MATH500, 6, master_seed(bind=[one]))
    artifact = generate_matched(bound, origin={"bind": [one]}, out=folder)
    assert failures(folder) == []
    assert list(verify_binding(artifact, {"base": one})) == []
    assert list(verify_binding(artifact, {"base": two})) != []
    other = MatchedPlan(MATH500, 6, master_seed(bind=[two]))
    texts = [[r.problem.problem for g in draw_groups(p) for r in g] for p in (bound, other)]
    assert texts[0] != texts[1]
    assert "was drawn after them" in artifact.metadata["matched"]["claim"]


def test_twins_have_the_numbers_and_the_answer(tmp_path: Path) -> None:
    rows = [row.problem for group in draw_groups(plan(12)) for row in group]
    twin = next(p for p in rows if len(re.findall(r"\d+", p.problem)) >= 2)
    reordered = " and ".join(reversed(re.findall(r"\d+(?:\.\d+)?", twin.problem)))
    assert signature(reordered, f"${twin.answer}$") == signature(twin.problem, twin.answer or "")
    assert signature(reordered, "12345") != signature(twin.problem, twin.answer or "")
    file = tmp_path / "corpus.jsonl"
    file.write_text(json.dumps({"problem": reordered, "answer": twin.answer}) + "\n")
    files = TwinFiles([str(file)])
    assert [t["id"] for t in files.twins(rows)] == [
        p.id for p in rows if signature(p.problem, p.answer or "") in files.signatures[0]
    ]
    artifact = generate_matched(plan(12), origin={"seed": "test"}, out=tmp_path / "s", files=files)
    assert artifact.metadata["matched"]["twins"][0]["items"] >= 1
    assert failures(tmp_path / "s") == []

    def other_rows(artifact: Artifact) -> None:
        twin = {"id": "unknown", "redraw": 0, "file": 9}
        change_rows(artifact, "twins", lambda rows: [twin])

    file.unlink()
    assert any(
        "at most once" in f for f in failures(edited(tmp_path / "s", tmp_path / "u", other_rows))
    )


def test_canonical_forms_do_not_depend_on_the_order_of_sets() -> None:
    assert stable_text(frozenset({"b", "a", (2, "c")})) == "{(2,c),a,b}"


def test_the_first_groups_are_a_sample_of_all_cells() -> None:
    """`--limit` takes the first problems."""
    groups = plan(258).all_groups
    first, every = (Counter(g.template.subject for g in part) for part in (groups[:60], groups))
    for subject, count in every.items():
        expected = 60 * count / 258
        assert abs(first[subject] - expected) < 4 * (expected * (1 - count / 258)) ** 0.5
