"""The order of a set: shards, the exact p-value, and engines with and without a preference."""

import random
import zlib
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forgeries import change_rows, edited

from clean_bench.errors import UserError
from clean_bench.probing.run import material_of
from clean_bench.probing.tests import TESTS
from clean_bench.probing.tests import exchangeability as module
from clean_bench.probing.tests.exchangeability import order_p_value, orders_of, shards_of
from clean_bench.problems import Problem, ProblemSet

Make = Callable[..., Any]
NAME = "exchangeability"


def a_set(count: int, name: str = "s") -> ProblemSet:
    """Problems of three different words each."""
    generator = random.Random(name)

    def word() -> str:
        return "".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=8))

    return ProblemSet(name, [Problem(str(i), f"{word()} {word()} {word()}") for i in range(count)])


@pytest.fixture
def ordered(fake_engine: Make) -> Make:
    """An engine with a log-probability for each token that depends on the two tokens before it.

    `bonus` is added for the first word of a problem after the last of its predecessor in the set.
    """

    class Engine(fake_engine):  # type: ignore[misc,valid-type]
        def __init__(
            self, of: ProblemSet, bonus: float, begin: bool = True, **options: Any
        ) -> None:
            super().__init__(**options)
            self.bonus, self.begin = bonus, begin
            last = [p.problem.split()[-1] for p in of]
            first = [p.problem.split()[0] for p in of]
            self.neighbours = set(zip(last, first[1:], strict=False))
            self.read: list[list[int]] = []

        def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
            return super().encode(text, special_tokens=special_tokens and self.begin)  # type: ignore[no-any-return]

        def logprobs(
            self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
        ) -> list[list[float]]:
            assert all(prefix_ids) and all(suffix_ids)
            rows = []
            for prefix, suffix in zip(prefix_ids, suffix_ids, strict=True):
                text = [*prefix, *suffix]
                assert len(text) <= self.context_length
                self.read.append(text)
                words = [self._words.get(token, "").strip() for token in text]
                rows.append(
                    [
                        -1 - zlib.crc32(f"{words[i - 2 : i + 1]}".encode()) / 2**32
                        + self.bonus * ((words[i - 1], words[i]) in self.neighbours)
                        for i in range(len(prefix), len(text))
                    ]
                )  # fmt: skip
            return rows

    return Engine


def test_shards_are_the_first_problems_of_equal_parts(fake_engine: Make) -> None:
    def shards(count: int) -> list[list[int]]:
        return list(shards_of(fake_engine(), [p.problem for p in a_set(count)]))

    assert shards(500) == [list(range(start, start + 8)) for start in range(0, 500, 50)]
    assert shards(30) == [list(range(8)), list(range(10, 18)), list(range(20, 28))]
    assert shards(7) == [[0, 1, 2], [3, 4, 5, 6]]
    assert shards(4) == [[0, 1], [2, 3]]
    assert shards(3) == [[1, 2]] and shards(1) == []


def test_shards_fit_the_context(fake_engine: Make) -> None:
    texts = [p.problem for p in a_set(40)]
    texts[1] = texts[10] = "word " * 200
    # A problem of three words takes 4 tokens, and 8 for the blank line before it.
    engine = fake_engine(context_length=8 + 3 * 12)
    assert list(shards_of(engine, texts)) == [
        [2, 3, 4],
        [8, 9],
        [16, 17, 18],
        [24, 25, 26],
        [32, 33, 34],
    ]


def test_orders_are_the_published_one_and_random_ones() -> None:
    first, *others = orders_of(8, "s", 0)
    assert first == list(range(8))
    assert len(others) == 24 and all(sorted(order) == first for order in others)
    assert len({tuple(order) for order in others}) > 20
    assert others != list(orders_of(8, "s", 1))[1:]


def test_the_p_value_against_all_combinations() -> None:
    generator = np.random.default_rng(0)
    for seed in range(6):
        sums = generator.normal(size=(3, 4)).round(1)  # with ties
        totals = [
            sum(row[i] for row, i in zip(sums, c, strict=True)) for c in product(range(4), repeat=3)
        ]
        exact = np.mean([total >= sums[:, 0].sum() - 1e-9 for total in totals])
        allowed = 5 * (exact * (1 - exact) / module.DRAWS) ** 0.5 + 2e-4
        assert order_p_value(sums, str(seed)) == pytest.approx(exact, abs=allowed)


def test_rejections_of_exchangeable_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate at each level is the level, whatever the distribution within a shard."""
    monkeypatch.setattr(module, "DRAWS", 199)
    generator = np.random.default_rng(1)
    p = np.array(
        [order_p_value(generator.standard_cauchy((5, 25)), str(trial)) for trial in range(2000)]
    )
    for level in (0.01, 0.05, 0.1, 0.5):
        assert abs((p <= level).mean() - level) < 4 * (level * (1 - level) / len(p)) ** 0.5


def test_a_preference_for_the_published_order(run_test: Make, ordered: Make) -> None:
    of = a_set(60)
    engine = ordered(of, 2.0)
    run = run_test(engine, [of], NAME)
    values = {name: value for (*_, name), value in run.values.items()}
    assert values["shards"] == 7 and values["permutations"] == 24
    assert values["p"] == 1e-4
    row = run.hypothesis("s")
    assert (row["question"], row["clusters"]) == ("published order above shuffled orders", 7)
    assert (row["effect"], row["p"]) == (values["canonical_minus_shuffled"], values["p"])
    # Each of the 7 x 25 texts is read once, after the token that begins a text; 24 words each.
    orders = [text for text in engine.read if len(text) == 1 + 24]
    assert len(orders) == 7 * 25
    sums = np.array([sum(engine.logprobs([t[:1]], [t[1:]])[0]) for t in orders]).reshape(7, 25)
    difference = (sums[:, 0] - sums[:, 1:].mean(axis=1)).sum() / (7 * 24)
    assert values["canonical_minus_shuffled"] == pytest.approx(difference)
    # About 7 neighbours of 8 problems, of which 1 / 8 is kept by chance: 2 x 7 x 7/8 / 24 nats.
    assert difference == pytest.approx(2 * 7 * 7 / 8 / 24, abs=0.1)
    [result] = [r for r in run.artifact.rows("results") if r["measure"] == f"{NAME}:p"]
    assert (result["value"], result["low"], result["high"]) == (1e-4, None, None)


def test_no_preference(run_test: Make, ordered: Make) -> None:
    p = []
    for trial in range(6):
        of = a_set(16, f"s{trial}")
        run = run_test(ordered(of, 0.0), [of], NAME, folder=f"p{trial}")
        p.append(run.values[of.name, "", None, "p"])
    assert min(p) > 0.01 and max(p) > 0.3 and len(set(p)) > 3


def test_a_tokenizer_that_begins_no_text(run_test: Make, ordered: Make) -> None:
    """The texts are read after a blank line, with all their tokens."""
    of = a_set(16)
    engine = ordered(of, 2.0, begin=False)
    run = run_test(engine, [of], NAME)
    assert run.values["s", "", None, "p"] < 0.01
    blank = engine.encode("\n\n")
    assert len([text for text in engine.read if text[:1] == blank and len(text) == 1 + 24]) == 50


def test_fewer_than_two_shards_have_no_values(run_test: Make, ordered: Make) -> None:
    of = a_set(3)
    assert run_test(ordered(of, 1.0), [of], NAME).values == {}


def test_a_server_without_log_probabilities_is_refused(fake_engine: Make) -> None:
    class Engine(fake_engine):  # type: ignore[misc,valid-type]
        def describe(self) -> dict[str, Any]:
            return {"engine": "openai", "suffix_logprobs": False}

    with pytest.raises(UserError, match="--signals exchangeability: expected an engine that gives"):
        TESTS[NAME].check(Engine(), material_of([a_set(16)], [0.6], "clean", ()))


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"value": 1.5}, "is 1.5, expected a number from"),
        ({"problem_id": "0"}, "is no part of the probe"),
        ({"prefix": 0.6}, "is no part of the probe"),
        ({"statistic": "q"}, "has q, which exchangeability does not measure"),
    ],
)
def test_forgeries_are_found(
    run_test: Make, ordered: Make, tmp_path: Path, change: dict[str, Any], failure: str
) -> None:
    of = a_set(16)
    run = run_test(ordered(of, 1.0), [of], NAME)

    def edit(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["statistic"] == "p":
                row.update(change)

    copy = edited(run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, "statistics", edit))
    assert any(failure in line for line in run.failures(copy)), run.failures(copy)
