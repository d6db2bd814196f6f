"""Scoring: the stored requests are those that were made, and the results follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from scripted import CHECKPOINT, Scripted, problems, scored

from clean_bench.artifacts import verify
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.base import Completion, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.problems import Problem, ProblemSet
from clean_bench.results import Results
from clean_bench.scoring import requests
from clean_bench.scoring.checks import check_scores
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score


def test_scores_by_hand(tmp_path: Path) -> None:
    engine = Scripted()
    artifact = scored(tmp_path, engine, samples=4)
    rows = artifact.rows("samples")
    assert len(rows) == len(engine.asked) == 10 * 5
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    for (name, n), entry in zip((("a", 7), ("b", 3)), counts, strict=True):
        part = results.where(set=name, template="raw", subset=None, versus=None)
        drawn = [row for row in rows if (row["set"], row["mode"]) == (name, "sample")]
        even = [row["seed"] % 2 == 0 for row in drawn]
        average, greedy = (part.where(measure=m).one() for m in ("avg@4", "accuracy"))
        assert average.value == pytest.approx(np.mean(even))
        assert average.n == n
        assert greedy.value == 1.0
        assert greedy.low is not None and greedy.low < 1.0
        assert entry == {
            "set": name, "template": "raw", "problems": n, "overlong": 0, "headline": "flexible",
            "grades": {"different": 4 * n - sum(even), "equal": n + sum(even)},
        }  # fmt: skip
        solved = np.array(even).reshape(n, 4).any(axis=1).mean()
        assert part.where(measure="pass@4").one().value == pytest.approx(solved)


def test_the_rows_name_checkpoint_set_and_protocol(tmp_path: Path) -> None:
    sets = [problems("a", 2), ProblemSet("b", problems("b", 3).problems, role="twin")]
    config = ScoreConfig(templates=("raw",), samples=2, temperature=0.6, force_start="So")
    artifact = score(Scripted(), sets, tmp_path, config, checkpoint=CHECKPOINT)
    assert artifact.manifest["provenance"] == {"checkpoint": "some", "revision": None}
    results = Results.read(artifact)
    assert results.values_of("set") == ["a", "b"]
    assert results.values_of("weights_sha256") == ["0" * 64]
    assert results.values_of("checkpoint") == ["some"]
    assert results.values_of("role") == [None, "twin"]
    assert results.values_of("set_sha256") == [problems.content_sha256 for problems in sets]
    for measure, decoding in (("accuracy", "greedy"), ("avg@2", "temperature 0.6")):
        row = results.where(set="a", measure=measure).one()
        assert row.protocol == f"{decoding}, 512 tokens, forced start 'So', grader clean-bench"


def test_greedy_alone(tmp_path: Path) -> None:
    results = Results.read(scored(tmp_path, Scripted())).where(set="a")
    both = ["strict:accuracy", "flexible:accuracy"]
    assert results.values_of("measure") == ["accuracy", "truncated", "no_answer", *both]


class Prose(Scripted):
    """Boxes the answer of even problems, and gives that of odd ones in the closing sentence only."""

    def text(self, request: Request) -> str:
        number = request.prompt.partition("what is ")[2].split()[0]
        return rf"\boxed{{{number}}}" if int(number) % 2 == 0 else f"We add both and get {number}."


def test_the_headline_is_strict_where_the_template_asks_for_a_format(tmp_path: Path) -> None:
    """Set a has 4 even and 3 odd problems."""
    artifact = scored(tmp_path, Prose(), templates=("raw", "boxed"))
    results = Results.read(artifact).where(set="a", versus=None)
    for template, headline in (("raw", 1.0), ("boxed", 4 / 7)):
        values = {r.measure: r.value for r in results.where(template=template)}
        assert values["accuracy"] == pytest.approx(headline)
        assert values["strict:accuracy"] == pytest.approx(4 / 7)
        assert values["flexible:accuracy"] == 1.0
        assert values["no_answer"] == pytest.approx(1 - headline)
    assert [entry["headline"] for entry in artifact.metadata["counts"]][:2] == [
        "flexible",
        "strict",
    ]
    rows = [r for r in artifact.rows("samples") if (r["set"], r["problem_id"]) == ("a", "1")]
    assert [(r["template"], r["grade"], r["grade_flexible"]) for r in rows] == [
        ("raw", "equal", "equal"),
        ("boxed", "no answer", "equal"),
    ]
    assert {(r["extracted"], r["extraction"]) for r in rows} == {("1", "closing sentence")}
    assert verify(tmp_path, {"scores": check_scores}) == []


def test_seeds_belong_to_set_problem_and_sample(tmp_path: Path) -> None:
    first, second = Scripted(), Scripted()
    scored(tmp_path / "1", first, samples=3)
    scored(tmp_path / "2", second, samples=3, seed=1)
    seeds = {r.key: r.seed for r in first.asked if r.temperature > 0}
    assert len(set(seeds.values())) == len(seeds) == 30
    assert all(seeds[r.key] != r.seed for r in second.asked if r.temperature > 0)


def test_a_killed_score_continues_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "SHARD", 8)
    whole = scored(tmp_path / "whole", Scripted(), samples=3)

    class Dying(Scripted):
        def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
            if len(self.asked) >= 24:
                raise KeyboardInterrupt
            yield from super().generate(requests)

    with pytest.raises(KeyboardInterrupt):
        scored(tmp_path / "cut", Dying(), samples=3)
    rest, completed = Scripted(), list[tuple[int, int, bool]]()

    def progress(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
        completed.append((n, tokens, resumed))

    again = scored(tmp_path / "cut", rest, progress=progress, samples=3)
    assert len(rest.asked) == 40 - 24
    # The stored shards are one report, and no part of the speed; then one for each completion.
    assert completed == [(24, 0, True), *[(1, 2, False)] * 16]
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    assert Results.read(again).table == Results.read(whole).table


def test_the_size_of_shards_does_not_change_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = set()
    for size in (3, 8, 256):
        monkeypatch.setattr(requests, "SHARD", size)
        artifact = scored(tmp_path / str(size), Scripted(), samples=3, repeat=4)
        identities.add(artifact.manifest["identity_sha256"])
    assert len(identities) == 1


def test_the_progress_adds_up_to_the_count(tmp_path: Path) -> None:
    completed: list[int] = []

    def progress(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
        completed.append(n)

    config = ScoreConfig(templates=("raw", "boxed"), samples=2, repeat=5)
    sets = [problems("a", 4)]
    score(Scripted(), sets, tmp_path, config, checkpoint=CHECKPOINT, progress=progress)
    assert len(completed) == sum(completed) == requests.count_requests(sets, config) == 29
    assert 4 * 2 * 3 + 5 == 29


def test_a_finished_score_requests_nothing(tmp_path: Path) -> None:
    scored(tmp_path, Scripted())
    idle = Scripted()
    scored(tmp_path, idle)
    assert idle.asked == []


@pytest.mark.parametrize("temperature", [float("nan"), float("inf"), 0.0])
def test_temperatures_without_a_meaning(tmp_path: Path, temperature: float) -> None:
    with pytest.raises(UserError, match="--temperature"):
        scored(tmp_path / "o", Scripted(), samples=1, temperature=temperature)
    assert not (tmp_path / "o").exists()


def test_bad_sets_are_refused(tmp_path: Path) -> None:
    def refused(*sets: ProblemSet) -> str:
        config = ScoreConfig(templates=("raw",))
        with pytest.raises(UserError) as caught:
            score(Scripted(), sets, tmp_path, config, checkpoint=CHECKPOINT)
        assert list(tmp_path.iterdir()) == []
        return str(caught.value)

    bare = ProblemSet("bare", [Problem(id="1", problem="?", source="x.jsonl:1")])
    assert "x.jsonl:1: expected a gold answer, got none" in refused(bare)
    blank = ProblemSet("blank", [Problem(id="7", problem="?", answer=" ")])
    assert "blank, 7: empty gold" in refused(blank)
    assert "each only once, got a twice" in refused(problems("a", 1), problems("a", 2))
    assert "expected at least one set, each only once, got none" in refused()
    assert "a: expected at least one problem, got none" in refused(problems("a", 0))
    double = ProblemSet("a", [*problems("a", 1), *problems("a", 1)])
    assert "a: two problems share an id" in refused(double)


def test_a_real_checkpoint_scores_the_same_twice(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = TransformersEngine.load(tiny_checkpoint)
    config = ScoreConfig(templates=("raw",), samples=2, max_tokens=6, repeat=2)
    identities = {
        score(
            engine,
            [problems("a", 3)],
            tmp_path / str(k),
            config,
            checkpoint=resolve_checkpoint(str(tiny_checkpoint)),
        ).manifest["identity_sha256"]
        for k in range(2)
    }
    assert len(identities) == 1
