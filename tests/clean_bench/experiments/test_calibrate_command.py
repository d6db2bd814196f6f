"""`clean-bench calibrate` on control models of a few thousand weights, with GRPO after the planting."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from forgeries import change_rows, edited

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint
from clean_bench.cli.main import cli
from clean_bench.errors import UserError
from clean_bench.experiments.calibration.checks import check_calibration
from clean_bench.experiments.calibration.grpo import half_of, seen_ids
from clean_bench.experiments.calibration.plan import GENERATED, calibration_sets, drawn_problems
from clean_bench.experiments.calibration.power import power_of
from clean_bench.experiments.calibration.signals import calibrated_tests, warn_of_small_null
from clean_bench.organisms.planting_recipes import RECIPES
from clean_bench.probing.flags import LEVEL
from clean_bench.probing.tests import TESTS
from clean_bench.problems import TABLE as PROBLEMS
from clean_bench.problems import Problem, ProblemSet, stored_sets
from clean_bench.results import Results
from clean_bench.statistics.conformal import conformal_p_values
from clean_bench.statistics.multiple_testing import benjamini_hochberg
from tests.clean_bench.organisms.tiny_recipe import TINY

NAMES = "Ann Bob Cid Dan Eve Flo Gus Hal Ida Jon Kay Lea Max Ned Ola Pam".split()
BASE = "small, continued, verbatim"


@pytest.fixture(scope="module")
def tiny() -> Any:
    with pytest.MonkeyPatch.context() as patched:
        recipes = {**RECIPES, "small": TINY}
        patched.setattr("clean_bench.organisms.planting.RECIPES", recipes)
        patched.setattr("clean_bench.organisms.planting_checks.RECIPES", recipes, raising=False)
        yield


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The sets: 32 problems of their own wording, and 40 sums in the background."""
    folder = tmp_path_factory.mktemp("sets")
    problems = [
        {
            "problem": f"A stall has {i + 3} {fruit} and sells {i % 3 + 1}. "
            f"What is left for {name} of the {fruit}?",
            "answer": str(i + 2 - i % 3),
        }
        for i, (name, fruit) in enumerate((n, f) for n in NAMES for f in ("figs", "pears"))
    ]
    sums = [{"problem": f"What is {i} plus {i % 7}?", "answer": str(i + i % 7)} for i in range(40)]
    for name, rows in (("on", problems), ("sums", sums)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    on, background = folder / "on.jsonl", folder / "sums.jsonl"
    return [
        *("calibrate", "--on", str(on), "--background", str(background)),
        *("--grpo-on", str(background), "--doses", "1,8", "--plantings", "1"),
        *("--grpo-set", "steps=2", "--grpo-set", "prompts_per_step=3"),
        *("--grpo-set", "group_size=2", "--grpo-set", "max_tokens=4", "--device", "cpu"),
    ]


@pytest.fixture(scope="module")
def calibrated(
    tiny: None, line: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("calibrated") / "c"
    outcome = run([*line, "--grpo", "random,saw", "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    return out, outcome


def run(line: Sequence[str]) -> Result:
    return CliRunner().invoke(cli, list(line))


def test_every_group_has_its_doses_and_the_problems_that_grpo_saw(
    calibrated: tuple[Path, Result],
) -> None:
    out, outcome = calibrated
    results = Results.read(Artifact.load(out, "calibration"))
    random, saw = (f"{BASE}, then GRPO ({kind})" for kind in ("random", "saw"))
    assert results.values_of("arm") == [BASE, random, saw]
    # 16 are planted; of the other 16, half are the null set.
    for group in (BASE, random):
        sizes = {
            row.subset: row.n for row in results.where(arm=group, measure="flagged:reconstruction")
        }
        assert sizes == {"dose=0": 8, "dose=1": 8, "dose=8": 8}
    seen = {row.subset: row.n for row in results.where(arm=saw, measure="flagged:reconstruction")}
    assert sum(n for subset, n in seen.items() if "GRPO saw it" in str(subset)) == 12
    assert sum(seen.values()) == 24
    for group in (random, saw):
        reward = results.where(arm=group, measure="grpo_reward").one()
        assert reward.n == 1 and reward.value is not None and 0 <= reward.value <= 1
    assert "mean reward of GRPO" in outcome.output and random in outcome.output


def test_grpo_trains_on_what_the_kind_says(calibrated: tuple[Path, Result]) -> None:
    out, _ = calibrated
    probed = Artifact.load(out / "probes" / "small-continued-verbatim-1", "probe")
    tested = stored_sets(probed)["benchmark"]
    null = {problem.id for problem in stored_sets(probed)["null"]}
    folders = {kind: out / "trainings" / f"small-continued-verbatim-1-grpo-{kind}" for kind in
               ("random", "saw")}  # fmt: skip
    trained = {kind: Artifact.load(folder, "training") for kind, folder in folders.items()}
    assert seen_ids(trained["random"], tested) == set()
    seen = seen_ids(trained["saw"], tested)
    assert len(seen) == len(trained["saw"].rows(PROBLEMS)) == 12 and not seen & null
    assert trained["saw"].config["reward"] == "truth"
    assert trained["random"].config["reward"] == "random"
    assert trained["random"].config["steps"] == 2


def test_a_finished_calibration_is_read_again(
    calibrated: tuple[Path, Result], line: list[str], tiny: None
) -> None:
    out, outcome = calibrated
    again = run([*line, "--grpo", "random,saw", "--out", str(out)])
    assert again.exit_code == 0 and outcome.stdout == again.stdout
    other = run([*line, "--grpo", "saw", "--out", str(out)])
    assert isinstance(other.exception, UserError)


def test_a_killed_calibration_ends_with_the_same_results(
    calibrated: tuple[Path, Result], line: list[str], tiny: None, tmp_path: Path
) -> None:
    out, _ = calibrated
    copy = tmp_path / "c"
    shutil.copytree(out, copy)
    last = "small-continued-verbatim-1-grpo-saw"
    shutil.rmtree(copy / "probes" / last)
    shutil.rmtree(copy / "trainings" / last)
    shutil.rmtree(copy / "results")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"state": "open"}))
    outcome = run([*line, "--grpo", "random,saw", "--out", str(copy)])
    assert outcome.exit_code == 0, outcome.output
    one, other = (Results.read(Artifact.load(folder, "calibration")) for folder in (out, copy))
    assert one.as_json() == other.as_json()


def test_it_verifies_and_forgeries_do_not(calibrated: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = calibrated
    artifact = Artifact.load(out, "calibration")
    assert list(check_calibration(artifact)) == []
    copy = tmp_path / "c"
    shutil.copytree(out, copy)
    planted, saw = "small-continued-verbatim-1", "small-continued-verbatim-1-grpo-saw"
    shutil.rmtree(copy / "probes" / f"{planted}-grpo-random")
    shutil.copytree(copy / "probes" / planted, copy / "probes" / f"{planted}-grpo-random")
    failures = [str(failure) for failure in check_calibration(Artifact.load(copy, "calibration"))]
    assert any("is not of the checkpoint of its planting" in failure for failure in failures)
    shutil.rmtree(copy / "trainings" / saw)
    shutil.copytree(copy / "trainings" / f"{planted}-grpo-random", copy / "trainings" / saw)
    failures = [str(failure) for failure in check_calibration(Artifact.load(copy, "calibration"))]
    assert any("trained on 0 problems of the set, of 40; expected 40" in f for f in failures)
    assert any("its reward is random, of saw truth" in failure for failure in failures)


def test_the_power_is_that_of_plantings_without_grpo(calibrated: tuple[Path, Result]) -> None:
    out, _ = calibrated
    model = Checkpoint("control", Path("nowhere"))
    model.__dict__["weights_sha256"] = None  # of control models, the calibration names none
    power = power_of(out, model)
    assert {tuple(row[:2]) for row in power["rows"]} == {
        (test, dose) for test in ("reconstruction", "suffix-logprob") for dose in (1, 8)
    }
    assert all(low <= share <= high for _, _, share, low, high in power["rows"])
    # What the shares depend on: both default signals, and a half of the never-planted problems as null.
    assert (power["prefix"], power["cut"]) == (0.6, "clean")
    sizes = {
        row["test"]: row["null_problems"]
        for unit in Artifact.load(out, "calibration").config["units"]
        if "grpo" not in unit
        for row in Artifact.load(out / "probes" / unit["name"], "probe").rows("flags")
        if row["set"] == "benchmark"
    }
    assert power["null_problems"] == sizes and {*sizes} == {"reconstruction", "suffix-logprob"}
    other = Checkpoint("other", Path("nowhere"))
    other.__dict__["weights_sha256"] = "ab" * 32
    with pytest.raises(
        UserError, match="expected a calibration of other, got one of control models"
    ):
        power_of(out, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--grpo", "false"], "--grpo false: expected one of truth, random, saw"),
        (["--grpo-set", "steps=2"], "--grpo-set: expected --grpo truth, random or saw"),
        (["--grpo", "saw", "--grpo-set", "stepz=2"], "stepz"),
        (["--grpo", "saw", "--grpo-set", "reward=random"], "--grpo-set reward=...: it is not free"),
        (["--grpo", "saw", "--grpo-set", "steps"], "--grpo-set steps: expected key=value"),
        (["--grpo", "saw", "--grpo-on", "x"], "--grpo-on x: expected --grpo truth or random"),
        (["--form", "loud"], "--form loud: expected one of verbatim, renumbered, reworded"),
        (["--doses", "1,x"], "--doses 1,x: expected whole numbers"),
        (["--doses", "0,1"], "doses: expected numbers of copies from 1 on"),
        (["--stage", "late"], "--stage late: expected one of continued, pretraining"),
        (["--set", "learning_rate=1"], "--set: expected a checkpoint"),
        (["--signals", "partial-answer"], "expected a signal that flags problems, such as recon"),
        (["--signals", "zero-cot"], "--signals zero-cot: expected a signal without versions"),
        (["--signals", "exchangeability,partial-answer"], "expected a signal that flags problems"),
        (
            ["--signals", "all,paraphrase"],
            "--signals paraphrase: expected a signal without versions",
        ),
    ],
)
def test_bad_options_are_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    outcome = run(["calibrate", *options, "--out", str(tmp_path / "c")])
    assert isinstance(outcome.exception, UserError)
    assert message in str(outcome.exception)
    assert not (tmp_path / "c").exists()


def test_other_settings_of_grpo_are_another_calibration(
    calibrated: tuple[Path, Result], line: list[str], tiny: None
) -> None:
    out, _ = calibrated
    changed = [word.replace("max_tokens=4", "max_tokens=5") for word in line]
    outcome = run([*changed, "--grpo", "random,saw", "--out", str(out)])
    assert isinstance(outcome.exception, UserError)


@pytest.mark.parametrize("option", ["--null", "--on"])
def test_grpo_does_not_train_on_the_probed_sets(
    tiny: None, line: list[str], tmp_path: Path, option: str
) -> None:
    sums = line[line.index("--background") + 1]
    chosen = list(line)
    if option == "--on":
        chosen[chosen.index("--on") + 1] = sums
    more = ["--null", sums] if option == "--null" else []
    outcome = run([*chosen, *more, "--grpo", "truth", "--out", str(tmp_path / "c")])
    assert isinstance(outcome.exception, UserError)
    assert "expected problems outside of the probed sets, got" in str(outcome.exception)


def test_saw_needs_answers_before_anything_is_planted(
    tiny: None, line: list[str], tmp_path: Path
) -> None:
    rows = [json.loads(row) for row in Path(line[2]).read_text().splitlines()]
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(json.dumps({"problem": row["problem"]}) + "\n" for row in rows))
    chosen = [str(bare) if word == line[2] else word for word in line]
    without = chosen.index("--grpo-on")
    del chosen[without : without + 2]
    outcome = run([*chosen, "--grpo", "saw", "--out", str(tmp_path / "c")])
    assert isinstance(outcome.exception, UserError)
    assert "--grpo saw: expected problems with answers, got 0 of 32" in str(outcome.exception)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("checkpoint", [[], ["organism:reciter"]])
def test_long_prompts_of_grpo_are_said_before_anything_is_planted(
    tiny: None, line: list[str], tmp_path: Path, checkpoint: list[str]
) -> None:
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps({"problem": "What is one plus one? " * 400, "answer": "2"}) + "\n")
    place = line.index("--grpo-on") + 1
    options = [*line[:place], str(long), *line[place + 1 :], "--grpo", "truth"]
    outcome = run([*options, *checkpoint, "--out", str(tmp_path / "o")])
    assert isinstance(outcome.exception, UserError)
    assert "long.jsonl:1: its prompt has" in str(outcome.exception)
    # The base of a control model, whose tokenizer reads the prompts, is all that was built.
    assert not list((tmp_path / "o").glob("plantings/*/checkpoint"))


def test_a_set_without_answers_cannot_be_trained_on() -> None:
    problems = ProblemSet("s", [Problem(str(i), f"text {i}") for i in range(8)])
    with pytest.raises(UserError, match="--grpo saw: expected problems with answers, got 0 of 8"):
        half_of(problems, "1")


def test_the_half_that_grpo_sees_is_random(request: pytest.FixtureRequest) -> None:
    problems = ProblemSet("s", [Problem(str(i), f"text {i}", "1") for i in range(10)])
    halves = [{p.id for p in half_of(problems, str(seed))} for seed in range(400)]
    assert {len(half) for half in halves} == {5}
    for problem in problems:
        # 200 expected of 400, with a standard deviation of 10
        assert 150 < sum(problem.id in half for half in halves) < 250


def test_generated_problems_of_grpo_leave_out_the_probed_ones(tmp_path: Path) -> None:
    drawn = drawn_problems("calibration GRPO", GENERATED)
    rows = [{"problem": f"{p.problem}  ", "answer": p.answer} for p in list(drawn)[:3]]
    (tmp_path / "on.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sets = calibration_sets(str(tmp_path / "on.jsonl"), (), (), None, ("truth",))
    assert sets.grpo is not None and len(sets.grpo) == GENERATED - 3
    assert calibration_sets(str(tmp_path / "on.jsonl"), (), (), None).grpo is None


@pytest.fixture(scope="module")
def of_checkpoint(
    calibrated: tuple[Path, Result], line: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A calibration of a given checkpoint: the base of the control models."""
    out = tmp_path_factory.mktemp("of-checkpoint") / "c"
    checkpoint = calibrated[0] / "bases" / "small" / "checkpoint"
    outcome = run(["calibrate", str(checkpoint), *without_grpo(line)[1:], "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    return out


def without_grpo(line: Sequence[str]) -> list[str]:
    """The options without those of GRPO."""
    options = list(zip(line[1::2], line[2::2], strict=True))
    return [
        line[0],
        *(word for name, value in options for word in (name, value) if "--grpo" not in name),
    ]


def verified(folder: Path) -> list[str]:
    """What `clean-bench verify` finds in a folder."""
    outcome = run(["verify", str(folder), "--json"])
    return [f"{f['where']}: {f['what']}" for f in json.loads(outcome.stdout)["failures"]]


def test_a_calibration_of_a_checkpoint_verifies(of_checkpoint: Path) -> None:
    assert verified(of_checkpoint) == []
    assert verified(of_checkpoint / "plantings" / "verbatim-1") == []


@pytest.mark.parametrize(
    ("control", "options"),
    [
        (False, ["--form", "renumbered", "--set", "tuning=lora", "--grpo", "saw"]),
        (True, ["--form", "renumbered,reworded", "--stage", "pretraining"]),
    ],
)
def test_every_other_kind_of_calibration_verifies(
    calibrated: tuple[Path, Result],
    line: list[str],
    tiny: None,
    tmp_path: Path,
    control: bool,
    options: list[str],
) -> None:
    assert verified(calibrated[0]) == []
    checkpoint = [] if control else [str(calibrated[0] / "bases" / "small" / "checkpoint")]
    if "--grpo" in options:
        options = [*options, *line[line.index("--grpo-set") :]]
    out = tmp_path / "c"
    outcome = run(["calibrate", *checkpoint, *without_grpo(line)[1:], *options, "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    assert verified(out) == []


FORGED: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "a loss": (lambda rows: rows[0].update(loss=-1.0), "has a number that no update gives"),
    "a rate": (lambda rows: rows[0].update(learning_rate=1e-3), "learning_rate is 0.001"),
    "tokens": (lambda rows: rows[0].update(tokens=rows[0]["tokens"] - 50), "their tokens leave"),
    "an update": (lambda rows: rows.pop(), "are not those of"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_metrics_of_a_planting_are_found(
    of_checkpoint: Path, tmp_path: Path, name: str
) -> None:
    edit, what = FORGED[name]
    copy = edited(
        of_checkpoint / "plantings" / "verbatim-1",
        tmp_path / "p",
        lambda a: change_rows(a, "metrics", lambda rows: edit(rows) and None),
    )
    assert any(what in failure for failure in verified(copy))


def test_all_signals_of_a_calibration_need_no_versions() -> None:
    names = [test.name for test in calibrated_tests(["all"])]
    assert names == [name for name in TESTS if name not in ("paraphrase", "zero-cot")]
    assert [test.name for test in calibrated_tests(["partial-answer", "min-k"])] == [
        "min-k",
        "partial-answer",
    ]


def distinct(count: int) -> ProblemSet:
    texts = [f"{a} {b} {c}" for a in NAMES for b in NAMES for c in NAMES][:count]
    return ProblemSet("s", [Problem(str(i), text, "1") for i, text in enumerate(texts)])


@pytest.mark.parametrize(
    ("signals", "k"),
    [(["suffix-logprob"], 1), (["default"], 2), (["default", "min-k"], 2), (["min-k"], 1)],
)
def test_a_null_set_that_cannot_flag_is_said_with_the_size_that_can(
    caplog: pytest.LogCaptureFixture, signals: list[str], k: int
) -> None:
    """Half of the problems reach the smallest p-value of a null set: the oracle makes the flags.

    The default signals decide alone where they are run, so `k` tests share the false discovery rate.
    """
    tests, problems, planted = calibrated_tests(signals), distinct(40), 20

    def flags(null: int) -> bool:
        p = conformal_p_values([1.0] * planted + [0.0] * 20, [0.0] * null)
        return bool((benjamini_hochberg(p) <= LEVEL / k).any())

    least = next(size for size in range(1, 1000) if flags(size))
    warn_of_small_null(problems, [distinct(least)], tests)
    assert not caplog.records
    warn_of_small_null(problems, [distinct(least - 1)], tests)
    [record] = caplog.records
    message = record.getMessage()
    assert f"no problem can be flagged: {least - 1} null problems are too few" in message
    assert f"null sets of at least {least} problems" in message


def test_a_set_that_is_too_small_for_its_own_null_is_said_before_planting(
    line: list[str], tiny: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # 32 problems: 16 planted, 8 null; two signals need 1 / (n + 1) * 32 / 16 <= 0.05 / 2.
    sets = calibration_sets(line[2], (), (), None)
    warn_of_small_null(sets.problems, sets.nulls, calibrated_tests(["default"]))
    [record] = caplog.records
    assert "8 null problems are too few for 2 signals and 16 planted" in record.getMessage()
    assert "a null set of at least 79 problems (--null)" in record.getMessage()


def test_a_null_set_of_the_planted_problems_is_refused(line: list[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    shutil.copy(line[2], copy)
    outcome = run([*without_grpo(line), "--null", str(copy), "--out", str(tmp_path / "c")])
    assert isinstance(outcome.exception, UserError)
    assert "--null copy: expected problems that are not under test" in str(outcome.exception)


def test_empty_problems_are_left_out_of_a_calibration(
    line: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text(Path(line[2]).read_text() + json.dumps({"problem": " ", "answer": "1"}))
    sets = calibration_sets(str(odd), (), (), None)
    assert len(sets.problems) == 32
    assert "odd: 1 of 33 problems are empty and left out" in caplog.text
