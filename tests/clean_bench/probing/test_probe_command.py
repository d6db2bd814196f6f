"""The command, with the checkpoint and the names replaced."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Outcome

from clean_bench.checkpoints import Checkpoint
from clean_bench.cli.probe import command
from clean_bench.errors import UserError
from clean_bench.probing.cut import cut
from clean_bench.problems import Problem, ProblemSet, load_problems
from clean_bench.problems.famous_passages import famous_passages
from clean_bench.results import Result, Results

Call = Callable[..., Outcome]


def results_of(outcome: Outcome) -> Results:
    assert outcome.exit_code == 0, outcome.output
    return Results(Result(**row) for row in json.loads(outcome.stdout)["results"])


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, fake_engine: Any, planted: ProblemSet, fresh: ProblemSet
) -> Call:
    """Run the command on a checkpoint that recites everything planted at 60%."""
    sets = {"planted": planted, "fresh": fresh}
    cuts = [cut(problem.problem, 0.6) for problem in planted]
    engine = fake_engine({parts.prefix: parts.suffix for parts in cuts if parts.reason is None})
    model = Checkpoint("model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    monkeypatch.setattr("clean_bench.checkpoints.resolve_checkpoint", lambda *_, **__: model)
    monkeypatch.setattr("clean_bench.problems.load_problems", lambda name, **_: sets[name])
    monkeypatch.setattr("clean_bench.engines.open.open_engine", lambda *_: engine)

    def run(args: Sequence[str], *, control: bool = False) -> Outcome:
        line = (
            [*args] if control or "--from-predictions" in args else [*args, "--no-positive-control"]
        )
        return CliRunner().invoke(command, line)

    return run


def test_json(tmp_path: Path, call: Call) -> None:
    line = ["model", "--on", "planted,fresh", "--out", str(tmp_path / "p"), "--json"]
    first = call(line)
    results, printed = results_of(first), json.loads(first.stdout)
    rate = results.where(set="planted", measure="exact_match@0.6", subset=None).one()
    assert (rate.value, rate.n, rate.high) == (1.0, 6, 1) and rate.low and 0 < rate.low < 1
    dose = results.where(set="planted", measure="exact_match@0.6", subset="dose=16").one()
    assert dose.value == 1.0
    assert results.where(set="fresh", measure="exact_match@0.6", subset=None).one().value == 0.0
    prefixes = [entry["prefix"] for entry in printed["counts"] if entry["set"] == "fresh"]
    assert prefixes == [0.4, 0.6, 0.8]
    assert results.table.equals(Results.load(tmp_path / "p").table)
    assert json.loads(call(line).stdout) == printed
    assert json.loads(call([*line[:2], "planted", "--on", "fresh", *line[3:]]).stdout) == printed


def test_text_is_in_the_order_of_the_configuration(tmp_path: Path, call: Call) -> None:
    out = str(tmp_path / "p")
    outcome = call(["model", "--on", "planted,fresh", "--prefix", "0.8,0.6", "--out", out])
    lines = [" ".join(line.split()) for line in outcome.stdout.splitlines()]
    assert [line.partition("%")[0] for line in lines if "%" in line] == [
        "set shown problems exact match [95",
        "planted 60",
        "dose=1 60",
        "dose=4 60",
        "dose=16 60",
        "planted 80",
        "fresh 60",
        "fresh 80",
        "planted at 60",
        "planted at 80",
    ]
    assert lines[2].startswith("planted 60% 6 100.0% [61.0, 100.0] 0.0% [0.0, 39.0] 1.00 [")
    assert lines[5].startswith("dose=16 60% 2 100.0% [")
    [note] = [line for line in lines if line.startswith("planted at 60%")]
    assert note == (
        "planted at 60%: 1 problems not scored (1 without a place to cut, 0 longer than the context)"
    )


def test_the_positive_control_is_probed_by_default(tmp_path: Path, call: Call) -> None:
    line = ["model", "--on", "fresh", "--prefix", "0.6", "--out", str(tmp_path / "p"), "--json"]
    outcome = call(line, control=True)
    results = results_of(outcome).where(set="famous-passages", measure="exact_folded@0.6")
    tiers = [row.subset for row in results if row.subset]
    assert tiers == ["tier=1", "tier=2", "tier=3", "tier=4"]
    whole = results.where(subset=None).one()
    assert whole.value == 0 and whole.n == len(famous_passages())
    [claim] = json.loads(outcome.stdout)["claims"]
    assert (claim["set"], claim["level"]) == ("fresh", 0)
    assert "does not see memorization in this checkpoint at all" in claim["claim"]
    without = json.loads(call([*line[:-2], str(tmp_path / "q"), "--json"]).stdout)["claims"]
    assert "no positive control was probed" in without[0]["claim"]


def test_limit(tmp_path: Path, call: Call) -> None:
    line = ["model", "--on", "fresh", "--limit", "2", "--out", str(tmp_path / "p"), "--json"]
    assert {row.n for row in results_of(call(line)).where(subset=None)} == {2}


def test_the_limit_leaves_null_sets_whole(tmp_path: Path, call: Call) -> None:
    out = str(tmp_path / "p")
    line = ["model", "--on", "planted", "--null", "fresh", "--limit", "2", "--out", out, "--json"]
    results = results_of(call(line)).where(measure="exact_match@0.6", subset=None)
    assert {row.set: row.n for row in results} == {"planted": 2, "fresh": 3}
    assert "null sets stay whole" in " ".join(call(["--help"], control=True).stdout.split())


@pytest.mark.parametrize("copied", [False, True])
def test_a_null_set_under_test_is_refused(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, fresh: ProblemSet, copied: bool
) -> None:
    """Also under another name, with other ids, in another order, and where only a part is tested."""
    turned = [
        Problem(f"{p.id}-again", f"{p.problem} ", source="other.jsonl:1")
        for p in reversed(fresh.problems)
    ]
    sets = {"fresh": fresh, "copy": ProblemSet("copy", turned)}
    monkeypatch.setattr("clean_bench.problems.load_problems", lambda name, **_: sets[name])
    null = "copy" if copied else "fresh"
    line = ["model", "--on", "fresh", "--null", null, "--limit", "1", "--out", str(tmp_path / "p")]
    error = call(line).exception
    assert isinstance(error, UserError)
    assert f"--null {null}: expected problems that are not under test, got those of --on fresh" in (
        str(error)
    )
    assert not (tmp_path / "p").exists()


def test_empty_problems_are_counted(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clean_bench.problems.load_problems", load_problems)
    texts = ["one two three four five six seven", "indivisible", "a b c d e f", "", " "]
    rows = [json.dumps({"problem": text, "answer": "1"}) for text in texts]
    (tmp_path / "s.jsonl").write_text("\n".join(rows))
    outcome = call(["model", "--on", str(tmp_path / "s.jsonl"), "--out", str(tmp_path / "p")])
    assert outcome.exit_code == 0, outcome.exception
    assert (
        "s at 60%: 3 problems not scored (2 empty, 1 without a place to cut, 0 longer than the context)"
    ) in outcome.stdout


def test_from_predictions(tmp_path: Path, call: Call) -> None:
    results = [{"predicted_text": "a b", "original_text": text} for text in ("a b", "c d")]
    (tmp_path / "f.json").write_text(json.dumps([{"n_gram_results": results}]))
    out = str(tmp_path / "p")
    outcome = call(["--from-predictions", str(tmp_path / "f.json"), "--out", out, "--json"])
    values = {row.measure: row.value for row in results_of(outcome)}
    assert values == {
        "exact_match": 0.5,
        "edit_similarity": pytest.approx((1 + 1 / 3) / 2),
        "rouge_l": 0.5,
    }
    printed = json.loads(outcome.stdout)
    assert (printed["rows"], printed["ngrams"]) == (1, 2)
    assert set(printed["different"].values()) == {None}
    text = call(["--from-predictions", str(tmp_path / "f.json"), "--out", out]).stdout
    assert text.startswith("2 predictions in 1 rows\n") and "exact_match" in text


def test_predictions_on_paraphrases(tmp_path: Path, call: Call) -> None:
    for name, text in (("original", "a"), ("reworded", "x")):
        rows = [
            {"n_gram_results": [{"predicted_text": text, "original_text": "a"}]} for _ in range(3)
        ]
        (tmp_path / name).write_text(json.dumps(rows))
    files = [
        "--from-predictions",
        str(tmp_path / "original"),
        "--paraphrases",
        str(tmp_path / "reworded"),
    ]
    text = call([*files, "--out", str(tmp_path / "p")]).stdout
    [line] = [line for line in text.splitlines() if "exact_match" in line and "minus" not in line][
        2:3
    ]
    assert line.split()[:4] == ["exact_match", "paraphrase", "1", "100.0%"]


@pytest.mark.parametrize(
    "args, message",
    [
        (["model"], "expected a checkpoint and --on"),
        (["--on", "fresh"], "expected a checkpoint and --on"),
        (["model", "--on", "fresh", "--prefix", "60"], "--prefix 60"),
        (["model", "--on", "fresh", "--prefix", "a,b"], "--prefix a,b"),
        (["model", "--from-predictions", "f.json"], "expected no checkpoint"),
    ],
)
def test_bad_lines(tmp_path: Path, call: Call, args: list[str], message: str) -> None:
    error = call([*args, "--out", str(tmp_path / "p")]).exception
    assert isinstance(error, UserError) and message in str(error)
    assert not (tmp_path / "p").exists()
