"""Repeats: a sample of the greedy completions, made again among other neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import CHECKPOINT, Scripted, problems, scored

from clean_bench.engines.base import Request
from clean_bench.errors import UserError
from clean_bench.scoring.requests import REPEATED, SHARD, repeat_shard, repeated
from clean_bench.scoring.run import ScoreConfig, requests_of, score


def test_repeats_ask_the_same_again_in_other_company(tmp_path: Path) -> None:
    engine = Scripted()
    scored(tmp_path, engine, templates=("raw", "boxed"), samples=1, repeat=6)
    first, *again = engine.calls
    assert len(first) == 40 and [len(call) for call in again] == [3, 3]
    flat = [key for call in again for key in call]
    assert len(set(flat)) == 6 and all(key.endswith("/-1") for key in flat)
    assert flat != sorted(flat, key=first.index)
    asked = {request.key: request for request in engine.asked[:40]}
    assert all(request == asked[request.key] for request in engine.asked[40:])


@pytest.mark.parametrize("count", [1, 2, 3, 96, 97, 98, 256, 1000])
def test_no_call_repeats_a_batch_of_the_first_time(count: int) -> None:
    size = repeat_shard(count)
    assert 1 <= size <= REPEATED and SHARD % REPEATED
    assert count == 1 or size < count


def test_the_choice_is_the_seeds_and_has_no_doubles() -> None:
    pool = list(range(1000))
    assert repeated(pool, 40, 1) == repeated(pool, 40, 1) != repeated(pool, 40, 2)
    assert len(set(repeated(pool, 1000, 3))) == 1000


def test_an_engine_that_minds_its_successors_shows(tmp_path: Path) -> None:
    class Moody(Scripted):
        """Writes otherwise in a small call, and wrongly so for odd problems."""

        def text(self, request: Request) -> str:
            plain = super().text(request)
            if len(self.calls[-1]) > 5:
                return plain
            odd = int(request.prompt.split()[-1]) % 2
            return r"hence \boxed{x}" if odd else "hence " + plain

    found = scored(tmp_path, Moody(), repeat=10).metadata["repeat"]
    assert found["completions"] == 10
    assert (found["text"]["value"], found["text"]["n"]) == (1.0, 10)
    assert found["verdict"]["value"] == pytest.approx(4 / 10)
    assert 0 < found["text"]["low"] < 1


def test_a_steady_engine_has_no_flips_and_an_interval(tmp_path: Path) -> None:
    found = scored(tmp_path, Scripted(), repeat=10).metadata["repeat"]
    assert found["text"]["value"] == found["verdict"]["value"] == 0.0
    assert found["text"]["high"] == pytest.approx(0.278, abs=1e-3)


def test_more_repeats_than_there_are(tmp_path: Path) -> None:
    sets, config = [problems("a", 3)], ScoreConfig(("raw",), repeat=4)
    with pytest.raises(UserError, match="--repeat 4: there are only 3 greedy completions"):
        requests_of(sets, config)
    with pytest.raises(UserError, match="--repeat 4"):
        score(Scripted(), None, sets, tmp_path / "o", config, checkpoint=CHECKPOINT)
    assert not (tmp_path / "o").exists()
