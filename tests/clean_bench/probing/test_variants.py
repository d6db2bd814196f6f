"""Pairing of problems with their variants, and their place in a probe."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clean_bench.artifacts import verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.cli.probe import command
from clean_bench.errors import UserError
from clean_bench.probing.checks import check_probe
from clean_bench.probing.run import probe
from clean_bench.probing.tests.zero_cot import FORCED
from clean_bench.probing.variants import pair_variants
from clean_bench.problems import Problem, ProblemSet


def a_set(name: str, *rows: Problem, rows_of: int | None = None) -> ProblemSet:
    return ProblemSet(name, rows, rows_of=rows_of)


def row(key: str, text: str = "", *, of: str = "", group: str | None = None) -> Problem:
    metadata = {"variant_of": of} if of else {}
    return Problem(key, text or f"text of {key}", group=group, metadata=metadata)


def pairs(sets: list[ProblemSet], *variants: ProblemSet) -> dict[str, dict[str, str]]:
    paired = pair_variants(sets, variants)
    return {name: {key: v.problem for key, v in of_set.items()} for name, of_set in paired.items()}


ORIGINALS = a_set("s", row("1", group="g"), row("2", group="h"), row("3"))


def test_the_rules_in_their_order() -> None:
    by_reference = a_set("v", row("2", "x", of="1"), row("3", "y", of="3"))
    assert pairs([ORIGINALS], by_reference) == {"s": {"1": "x", "3": "y"}}
    by_id = a_set("v", row("3", "x", group="g"), row("1", "y"), row("9", "z"))
    assert pairs([ORIGINALS], by_id) == {"s": {"3": "x", "1": "y"}}
    by_group = a_set("v", row("a", "x", group="h"), row("b", "y", group="i"), row("c", "z"))
    assert pairs([ORIGINALS], by_group) == {"s": {"2": "x"}}
    by_position = a_set("v", row("a", "x"), row("b", "y"), row("c", "z"))
    assert pairs([ORIGINALS], by_position) == {"s": {"1": "x", "2": "y", "3": "z"}}
    assert pairs([ORIGINALS]) == {}


def test_kin_of_a_matched_set_are_its_versions() -> None:
    of_kin = [
        Problem(f"m/{i}", f"matched {i}", "1", metadata={"kin": kin})
        for i, kin in enumerate(("2 1", "other", "2", ""))
    ]
    found = pairs([ORIGINALS], a_set("matched", *of_kin))
    assert found == {"s": {"2": "matched 0", "1": "matched 0"}}


def test_without_a_rule_that_pairs_any() -> None:
    with pytest.raises(
        UserError,
        match=r"--variants v: expected metadata variant_of or kin, .* \(s 3\), got 2 problems without",
    ):
        pair_variants([ORIGINALS], [a_set("v", row("a"), row("b"))])


def test_the_first_version_that_differs_is_taken() -> None:
    given = a_set(
        "v",
        row("a", "text of  1", of="1"),  # the original, but for white space
        row("b", "first", of="1"),
        row("c", "second", of="1"),
    )
    assert pairs([ORIGINALS], given) == {"s": {"1": "first"}}
    more = a_set("w", row("d", "third", of="1"), row("e", "other", of="2"))
    assert pairs([ORIGINALS], given, more) == {"s": {"1": "first", "2": "other"}}
    with pytest.raises(UserError, match="other versions of the problems of s, got the same texts"):
        pair_variants([ORIGINALS], [ORIGINALS])


def test_the_set_with_most_pairs_or_of_the_same_name() -> None:
    other = a_set("t", row("1", "p"), row("7", "q"), row("8", "r"))
    given = a_set("v", row("1", "x"), row("7", "y"))
    assert pairs([ORIGINALS, other], given) == {"t": {"1": "x", "7": "y"}}
    named = a_set("s", row("1", "x"), row("7", "y"))
    assert pairs([ORIGINALS, other], named) == {"s": {"1": "x"}}
    with pytest.raises(UserError, match="fit s, t alike; give it the name of its set, as s=FILE"):
        pair_variants([ORIGINALS, other], [a_set("v", row("1", "x"))])
    with pytest.raises(UserError, match=r"--paraphrases v: .* fit s, t alike"):
        ambiguous = a_set("v", row("a"), row("b"), row("c"))
        pair_variants([ORIGINALS, other], [ambiguous], "--paraphrases")


def test_positions_count_in_the_whole_set() -> None:
    whole = a_set("s", *(row(f"o{i}") for i in range(5)))
    versions = a_set("v", *(row(f"v{i}") for i in range(5)))
    assert pairs([whole.head(2)], versions) == {"s": {"o0": "text of v0", "o1": "text of v1"}}


def test_rows_in_another_order_are_refused() -> None:
    animals = ("ants", "bees", "cats", "dogs", "eels")
    texts = [
        f"How many {a} are in the house of {a}? There are {i} rooms." for i, a in enumerate(animals)
    ]
    originals = a_set("s", *(row(str(i), text) for i, text in enumerate(texts)))
    reworded = [text.replace("How many", "Count the").replace("rooms", "halls") for text in texts]
    in_order = a_set("v", *(row(str(i), text) for i, text in enumerate(reworded)))
    assert pairs([originals], in_order) == {"s": dict(zip("01234", reworded, strict=True))}
    for key in ("", "v"):  # by id, and by position
        other = [row(f"{key}{i}", text) for i, text in enumerate(reworded[2:] + reworded[:2])]
        with pytest.raises(UserError, match="--variants v: expected versions of s in its order"):
            pairs([originals], a_set("v", *other))
    # Where all problems are alike, nothing shows another order.
    alike = a_set("s", *(row(str(i), f"Compute {i} plus {i} .") for i in range(5)))
    other = [row(str(i), f"Compute {i + 5} plus {i} .") for i in range(5)]
    assert len(pairs([alike], a_set("v", *other))["s"]) == 5


def test_a_probe_stores_both_kinds(tmp_path: Path, fake_engine: Any, fresh: ProblemSet) -> None:
    variants = a_set("v", *(row(p.id, f"{p.problem} 7") for p in fresh))
    reworded = a_set("w", *(row(p.id, f"{p.problem} please") for p in fresh))
    model = Checkpoint("some", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32

    def run(folder: str, **options: Any) -> Any:
        return probe(fake_engine(), [fresh], tmp_path / folder, checkpoint=model, **options)

    artifact = run("p", variants=[variants], paraphrases=[reworded])
    assert verify(artifact.folder, {"probe": check_probe}) == []
    assert [r["problem"] for r in artifact.rows("variants")] == [p.problem for p in variants]
    assert [r["problem"] for r in artifact.rows("paraphrases")] == [p.problem for p in reworded]
    assert [entry["name"] for entry in artifact.config["variants"]] == ["v"]
    without = run("q")
    assert without.config["variants"] == without.config["paraphrases"] == []
    assert verify(without.folder, {"probe": check_probe}) == []
    stray = a_set("x", row("a"))
    with pytest.raises(UserError, match="--paraphrases x: expected metadata variant_of"):
        run("r", paraphrases=[stray])
    assert not (tmp_path / "r").exists()


def test_the_command_pairs_before_the_checkpoint_is_loaded(
    tmp_path: Path, fake_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("ant", "bee", "cat")
    problems = [Problem(str(i), f"How many {w}s does a {w} see?", "1") for i, w in enumerate(words)]
    others = [replace(p, id=f"v{p.id}", problem=f"{p.problem} Why?") for p in problems]
    sets = {
        "s": ProblemSet("s", problems),
        "v": ProblemSet("v", others),
        "stray": a_set("stray", row("a")),
    }
    model = Checkpoint("model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    monkeypatch.setattr("clean_bench.checkpoints.resolve_checkpoint", lambda *_, **__: model)
    monkeypatch.setattr("clean_bench.problems.load_problems", lambda name, **_: sets[name])
    engines: list[Any] = []

    def opened(*_: Any) -> Any:
        engines.append(fake_engine({problems[0].problem + FORCED: "1}"}))
        return engines[-1]

    monkeypatch.setattr("clean_bench.engines.open.open_engine", opened)

    def call(*args: str) -> Any:
        line = ["model", "--on", "s", "--no-positive-control", "--signals", "zero-cot"]
        return CliRunner().invoke(command, [*line, "--out", str(tmp_path / "p"), "--json", *args])

    error = call("--paraphrases", "stray").exception
    assert isinstance(error, UserError) and "--paraphrases stray: expected" in str(error)
    assert not engines
    done = call("--limit", "2", "--variants", "v", "--paraphrases", "v")
    assert done.exit_code == 0, done.output
    [row_of_set] = [r for r in json.loads(done.stdout)["hypotheses"] if r["test"] == "zero-cot"]
    assert (row_of_set["clusters"], row_of_set["effect"], row_of_set["p"]) == (2, 0.5, 0.5)
    config = json.loads((tmp_path / "p" / "manifest.json").read_text())["config"]
    assert [entry["problems"] for entry in config["variants"] + config["paraphrases"]] == [3, 3]
