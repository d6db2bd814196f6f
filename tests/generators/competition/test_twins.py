"""Twins of a matched set in files: named, counted, or their groups drawn again; forgeries are found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact, verify
from clean_bench.errors import UserError
from clean_bench.problems import Problem, load_folder
from generators.checks import verify_set
from generators.competition.draw import draw_groups
from generators.competition.plan import MatchedPlan
from generators.competition.profile import profile_named
from generators.competition.redraws import MOST_REDRAWS, draw_searched
from generators.competition.twins import TwinFiles, shown_name, signature
from generators.competition.write import generate_matched
from generators.set_plan import master_seed

MATH500 = profile_named("math500")
GROUPS = 12
DROPPED_GROUPS = (0, 6)


def plan(groups: int = GROUPS, **selection: Any) -> MatchedPlan:
    return MatchedPlan(MATH500, groups, master_seed(seed="test"), **selection)


def rows_of(of_plan: MatchedPlan) -> list[Problem]:
    return [row.problem for group in draw_groups(of_plan) for row in group]


def write(file: Path, problems: list[Problem]) -> Path:
    lines = [json.dumps({"problem": p.problem, "answer": p.answer}) for p in problems]
    file.write_text("\n".join(lines) + "\n")
    return file


def failures(folder: Path) -> list[str]:
    return [str(failure) for failure in verify(folder, {"problem-set": verify_set})]


def made(folder: Path, files: list[Path], drop: bool) -> Artifact:
    names = [str(file) for file in files]
    return generate_matched(
        plan(), origin={"seed": "test"}, out=folder, files=TwinFiles(names, drop)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sets `counted` and `dropped`, and the file with an item of the groups 0 and 6."""
    place = tmp_path_factory.mktemp("twins")
    rows = rows_of(plan())
    file = write(place / "corpus.jsonl", [rows[3], rows[30]])
    made(place / "counted", [file], False)
    made(place / "dropped", [file], True)
    return place


@pytest.mark.parametrize("name", ["counted", "dropped"])
def test_files_are_named_with_a_hash_and_without_their_folder(folder: Path, name: str) -> None:
    artifact = Artifact.load(folder / name)
    account = artifact.metadata["matched"]
    card = (folder / name / "README.md").read_text()
    (file,) = account["twins"]
    assert file["name"] == "corpus.jsonl" and re.fullmatch("[0-9a-f]{64}", file["sha256"])
    named = f"the 2 problems of corpus.jsonl (SHA-256 {file['sha256'][:12]}...)"
    assert named in account["claim"] and named in card
    assert "--decontaminate 'corpus.jsonl'" in card and str(folder) not in card
    assert str(folder) not in json.dumps([artifact.config, artifact.metadata])
    assert failures(folder / name) == []


def test_twins_are_counted(folder: Path) -> None:
    artifact = Artifact.load(folder / "counted")
    (twins,) = [table.to_pylist() for table in artifact.tables("twins")]
    assert [int(twin["id"].split("/")[2]) for twin in twins] == list(DROPPED_GROUPS)
    assert "2 of 60 items have a twin among" in artifact.metadata["matched"]["claim"]
    assert list(load_folder(folder / "counted")) == rows_of(plan())


def test_groups_with_a_twin_are_drawn_again(folder: Path) -> None:
    before, after = rows_of(plan()), list(load_folder(folder / "dropped"))
    twins = {signature(before[n].problem, before[n].answer or "") for n in (3, 30)}
    assert not twins & {signature(p.problem, p.answer or "") for p in after}
    for group in range(GROUPS):
        rows = slice(5 * group, 5 * group + 5)
        same = before[rows] == after[rows]
        assert same == (group not in DROPPED_GROUPS)
        assert [p.id for p in before[rows]] == [p.id for p in after[rows]]
        assert len({p.problem for p in after[rows]}) == 5
    artifact = Artifact.load(folder / "dropped")
    (stored,) = [table.to_pylist() for table in artifact.tables("twins")]
    assert stored == [
        {"id": before[3].id, "redraw": 0, "file": 0},
        {"id": before[30].id, "redraw": 0, "file": 0},
    ]
    account = artifact.metadata["matched"]
    assert (
        account["dropped_draws"] == 2
        and "2 of 14 draws of a group were dropped" in account["claim"]
    )
    assert "--drop" in (artifact.folder / "README.md").read_text()


def test_a_later_draw_may_have_a_twin_too(tmp_path: Path) -> None:
    first = rows_of(plan())
    file = write(tmp_path / "one.jsonl", [first[3]])
    second = list(load_folder(made(tmp_path / "a", [file], True).folder))
    both = write(tmp_path / "both.jsonl", [first[3], second[2]])
    artifact = made(tmp_path / "b", [both], True)
    (stored,) = [table.to_pylist() for table in artifact.tables("twins")]
    assert [twin["redraw"] for twin in stored] == [0, 1]
    third = list(load_folder(tmp_path / "b"))
    assert third[:5] not in (first[:5], second[:5]) and third[5:] == first[5:]
    assert failures(tmp_path / "b") == []


def test_without_the_files_the_recorded_twins_give_the_same_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus.jsonl", [rows_of(plan())[3]])
    for drop in (False, True):
        made(tmp_path / str(drop), [file], drop)
    file.unlink()
    assert [failures(tmp_path / str(drop)) for drop in (False, True)] == [[], []]


def test_a_file_without_twins_changes_no_row(tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text('{"problem": "Add 123456 and 654321.", "answer": "777777"}\n')
    artifact = made(tmp_path / "s", [file], True)
    assert list(load_folder(tmp_path / "s")) == rows_of(plan())
    assert "No draw of a group was dropped." in artifact.metadata["matched"]["claim"]
    assert failures(tmp_path / "s") == []


def test_the_price_is_that_of_the_smaller_space(tmp_path: Path) -> None:
    """One dropped draw beside two kept groups: of three draws a third is gone."""
    of_one = plan(2, template="quiz-score")
    rows = rows_of(of_one)
    bits = float(rows[0].bits or 0)
    file = write(tmp_path / "corpus.jsonl", [rows[7]])
    prices = {}
    for drop in (False, True):
        artifact = generate_matched(
            of_one,
            origin={"seed": "test"},
            out=tmp_path / str(drop),
            files=TwinFiles([str(file)], drop),
        )
        prices[drop] = artifact.metadata["matched"]["price"]["10"]
    assert prices[False] == ceil(0.1 * 2**bits)
    assert prices[True] == pytest.approx(0.1 * 2**bits * 2 / 3, abs=1)


def test_a_template_of_twins_ends_in_one_line() -> None:
    class Everything:
        drops = True
        draws = 0

        def twins(self, problems: Any, redraw: int = 0) -> Any:
            self.draws += 1
            yield {"id": next(iter(problems)).id, "redraw": redraw, "file": 0}

    search = Everything()
    with pytest.raises(UserError, match=r"--drop: 1,000 draws of a group of quiz-score"):
        list(draw_searched(plan(1, template="quiz-score"), search))
    assert search.draws == MOST_REDRAWS


def _edited_config(**changes: Any) -> Callable[[Artifact], None]:
    return lambda artifact: artifact.manifest["config"].update(changes)


def _edited_file(key: str, value: Any) -> Callable[[Artifact], None]:
    """Changes an entry about the file in the configuration, the account and the claim."""

    def change(artifact: Artifact) -> None:
        config, account = artifact.config["twin_files"][0], artifact.metadata["matched"]
        account["claim"] = account["claim"].replace(str(config[key]), str(value))
        config[key] = account["twins"][0][key] = value

    return change


def _edited_claim(old: str, new: str) -> Callable[[Artifact], None]:
    def change(artifact: Artifact) -> None:
        account = artifact.metadata["matched"]
        assert old in account["claim"]
        account["claim"] = account["claim"].replace(old, new)

    return change


def _no_twins(artifact: Artifact) -> None:
    change_rows(artifact, "twins", lambda rows: [])


def _another_twin(artifact: Artifact) -> None:
    change_rows(artifact, "twins", lambda rows: [*rows, {**rows[-1], "redraw": 1}])


@pytest.mark.parametrize("name", ["counted", "dropped"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_edited_claim("corpus.jsonl", "other.jsonl"), "the account does not follow"),
        (_edited_claim("among the 2 problems", "among the 9 problems"), "the account does not"),
        (_edited_file("name", "other.jsonl"), "not the names and numbers of problems"),
        (_edited_file("problems", 3), "not the names and numbers of problems"),
        (_edited_file("name", "/home/me/corpus.jsonl"), "twin_files: expected base names"),
        (_edited_file("name", "a\nb"), "twin_files: expected base names"),
        (_edited_file("name", ".."), "twin_files: expected base names"),
        (_edited_file("sha256", "5"), "twin_files: expected base names, hashes"),
        (_edited_config(drop=1), "drop: expected bool"),
        (_no_twins, "twins"),
        (_another_twin, "twins"),
    ],
)
def test_a_forgery_is_found(
    folder: Path, tmp_path: Path, name: str, change: Callable[[Artifact], None], expected: str
) -> None:
    found = failures(edited(folder / name, tmp_path / "f", change))
    assert found and expected in found[0]


def test_drop_without_files_is_no_configuration(tmp_path: Path) -> None:
    generate_matched(plan(2), origin={"seed": "test"}, out=tmp_path / "s")
    found = failures(edited(tmp_path / "s", tmp_path / "f", _edited_config(drop=True)))
    assert len(found) == 1 and "drop: expected twin_files beside it" in found[0]


def test_another_value_of_drop_is_found(folder: Path, tmp_path: Path) -> None:
    for name, drop in (("counted", True), ("dropped", False)):
        assert failures(edited(folder / name, tmp_path / name, _edited_config(drop=drop)))


def test_a_set_folder_is_searched(tmp_path: Path) -> None:
    generate_matched(plan(), origin={"seed": "test"}, out=tmp_path / "public")
    searched = made(tmp_path / "counted", [tmp_path / "public"], False)
    (file,) = searched.metadata["matched"]["twins"]
    assert (file["name"], file["problems"]) == ("public", 60)
    assert file["sha256"] == load_folder(tmp_path / "public").content_sha256
    numbered = [p for p in rows_of(plan()) if signature(p.problem, p.answer or "") is not None]
    assert file["items"] == len(numbered)
    dropped = made(tmp_path / "dropped", [tmp_path / "public"], True)
    assert dropped.metadata["matched"]["dropped_draws"] >= GROUPS - 1
    assert failures(tmp_path / "counted") == failures(tmp_path / "dropped") == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "corpus.txt",
            "some text\n",
            r"corpus.txt: expected problems with answers .*got other text",
        ),
        ("notes.md", "# 3 + 4\n", "got other text, in which no twin can be found"),
        ("absent.jsonl", None, "absent.jsonl: no such file or folder"),
        ("open.jsonl", '{"problem": "Add 3 and 4."}\n', "open.jsonl:1: expected a gold answer"),
        ("empty", "folder", "holds no clean-bench artifact"),
    ],
)
def test_what_cannot_be_searched_ends_in_one_line(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    if text == "folder":
        (tmp_path / name).mkdir()
    elif text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        TwinFiles([str(tmp_path / name)])
    assert "\n" not in str(caught.value)


def test_names_for_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_name("/data/x/math.jsonl") == shown_name("x/math.jsonl/") == "math.jsonl"
    assert shown_name(".") == tmp_path.name
    assert shown_name("a\n\x1b[1mb\udcff") == r"a\n\x1b[1mb\udcff"
