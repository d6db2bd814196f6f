"""Repeats: a random part of the greedy completions, decoded again in other batches."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import CHECKPOINT, Scripted, problems, scored

from clean_bench.engines.base import Request
from clean_bench.errors import UserError
from clean_bench.results import Result, Results
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.requests import (
    REPEATED,
    SHARD,
    count_requests,
    repeat_shard,
    repeated,
)
from clean_bench.scoring.run import score


def test_repeats_are_the_same_requests_in_other_batches(tmp_path: Path) -> None:
    engine = Scripted()
    artifact = scored(tmp_path, engine, templates=("raw", "boxed"), samples=1, repeat=6)
    first, *again = engine.calls
    assert len(first) == 40 and [len(call) for call in again] == [3, 3]
    flat = [request for call in again for request in call]
    keys = [request.key for request in flat]
    assert len(set(keys)) == 6 and all(key.endswith("/greedy/0") for key in keys)
    assert flat != sorted(flat, key=first.index)
    assert all(request in first for request in flat)
    rows = [row for row in artifact.rows("samples") if row["mode"] == "repeat"]
    assert keys == [f"{r['set']}/{r['template']}/{r['problem_id']}/greedy/0" for r in rows]


@pytest.mark.parametrize("count", [1, 2, 3, 96, 97, 98, 256, 1000])
def test_no_call_repeats_a_batch_of_the_first_time(count: int) -> None:
    size = repeat_shard(count)
    assert 1 <= size <= REPEATED and SHARD % REPEATED
    assert count == 1 or size < count


def test_the_choice_depends_on_the_seed_and_has_no_doubles() -> None:
    pool = list(range(1000))
    assert repeated(pool, 40, 1) == repeated(pool, 40, 1) != repeated(pool, 40, 2)
    assert len(set(repeated(pool, 1000, 3))) == 1000


def flips(out: Path, engine: Scripted) -> tuple[Result, Result]:
    results = Results.read(scored(out, engine, repeat=10)).where(set="(all sets)")
    assert {row.protocol for row in results} == {"greedy, 512 tokens, grader clean-bench"}
    text, grade = (results.where(measure=f"flipped_{name}").one() for name in ("text", "grade"))
    return text, grade


def test_an_engine_that_depends_on_the_batch_is_detected(tmp_path: Path) -> None:
    class Unsteady(Scripted):
        """Writes another text in a small call, and a wrong one for odd problems."""

        def text(self, request: Request) -> str:
            plain = super().text(request)
            if len(self.calls[-1]) > 5:
                return plain
            odd = int(request.prompt.split()[-1]) % 2
            return r"hence \boxed{x}" if odd else "hence " + plain

    text, grade = flips(tmp_path, Unsteady())
    assert (text.value, text.n) == (1.0, 10)
    assert grade.value == pytest.approx(4 / 10)
    assert text.low is not None and 0 < text.low < 1


def test_a_steady_engine_has_no_flips_and_an_interval(tmp_path: Path) -> None:
    text, grade = flips(tmp_path, Scripted())
    assert text.value == grade.value == 0.0
    assert text.high == pytest.approx(0.278, abs=1e-3)


def test_more_repeats_than_greedy_completions(tmp_path: Path) -> None:
    sets, config = [problems("a", 3)], ScoreConfig(templates=("raw",), repeat=4)
    with pytest.raises(UserError, match="--repeat 4: expected at most 3, the number of greedy"):
        count_requests(sets, config)
    with pytest.raises(UserError, match="--repeat 4"):
        score(Scripted(), sets, tmp_path / "o", config, checkpoint=CHECKPOINT)
    assert not (tmp_path / "o").exists()
