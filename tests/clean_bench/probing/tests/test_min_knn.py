"""Min-kNN distance against a plain computation of edit distances."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.probing.tests import TESTS
from clean_bench.probing.tests.min_knn import MOST_CHARACTERS, nearest_distance
from clean_bench.problems import Problem, ProblemSet

Make = Callable[..., Any]
PROBLEMS = ProblemSet("s", [Problem("a", "one two three"), Problem("b", "four five six")])


def levenshtein(one: str, other: str) -> int:
    """The textbook recursion, row by row."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def plain(texts: Sequence[str]) -> float:
    nearest = [
        min(
            levenshtein(text, other) / max(len(text), len(other))
            for j, other in enumerate(texts)
            if i != j
        )
        for i, text in enumerate(texts)
    ]
    return sum(sorted(nearest)[:3]) / 3


def test_distances_by_hand() -> None:
    # Nearest: abcd to abce 1/4 (twice), xyxy to abcd 1, abcdabcd to abcd 1/2.
    assert nearest_distance(["abcd", "abce", "xyxy", "abcdabcd"]) == pytest.approx(
        (0.25 + 0.25 + 0.5) / 3
    )
    assert nearest_distance(["same"] * 5) == 0
    with pytest.raises(ValueError, match="at least two texts, got 1"):
        nearest_distance(["alone"])


def test_distances_against_a_plain_computation() -> None:
    generator = random.Random(0)
    for _ in range(30):
        texts = [
            "".join(generator.choices("abé 1", k=generator.randint(1, 25)))
            for _ in range(generator.randint(4, 16))
        ]
        assert nearest_distance(texts) == pytest.approx(plain(texts))


def test_long_texts_are_bounded() -> None:
    texts = ["x" * MOST_CHARACTERS + end * 5000 for end in "abcd"]
    assert nearest_distance(texts) == 0


@pytest.fixture
def sampling(fake_engine: Make) -> Make:
    """An engine whose sampled completions are the texts of a list, by the index of the sample."""

    class Engine(fake_engine):  # type: ignore[misc,valid-type]
        def __init__(self, texts: dict[str, list[str]], **options: Any) -> None:
            super().__init__(**options)
            self.texts = texts

        def generate(self, requests: Any) -> Iterator[Any]:
            for request, done in zip(requests, super().generate(requests), strict=True):
                *_, problem_id, mode, index = request.key.split("/")
                if mode == "sample":
                    text = self.texts[problem_id][int(index)]
                    ids = self.encode(text, special_tokens=False)[: request.max_tokens]
                    done = type(done)(
                        done.key, text, ids, [-0.5] * len(ids), "stop", done.prompt_ids
                    )
                yield done

    return Engine


def test_numbers_of_a_probe(run_test: Make, sampling: Make) -> None:
    generator = random.Random(1)
    texts = {
        "a": ["the same text"] * 3
        + ["".join(generator.choices("abcdef ", k=20)) for _ in range(13)],
        "b": ["".join(generator.choices("abcdef", k=20)) for _ in range(10)] + [" ", ""] * 3,
    }
    engine = sampling(texts)
    run = run_test(engine, [PROBLEMS], "min-knn")
    assert run.values == {
        ("s", "a", None, "distance"): 0,
        ("s", "a", None, "samples"): 16,
        ("s", "b", None, "distance"): pytest.approx(plain(texts["b"][:10])),
        ("s", "b", None, "samples"): 10,
    }
    requests = [r for batch in engine.batches for r in batch if r.temperature]
    assert len(requests) == 32 and len({r.seed for r in requests}) == 32
    assert {(r.max_tokens, r.temperature, r.special_tokens) for r in requests} == {(128, 1.0, True)}
    assert {r.prompt for r in requests} == {problem.problem for problem in PROBLEMS}
    again = sampling(texts)
    run_test(again, [PROBLEMS], "min-knn", folder="q")
    assert again.batches == engine.batches  # the seeds too
    assert TESTS["min-knn"].evidence({"distance": 0.25, "samples": 16}) == -0.25
    measures = [row["measure"] for row in run.artifact.rows("results")]
    assert "min-knn:distance" in measures


def test_four_completions_with_text_are_needed(run_test: Make, sampling: Make) -> None:
    few = ["a", "b", "c"] + [""] * 13
    assert run_test(sampling({"a": few, "b": few}), [PROBLEMS], "min-knn").values == {}


def test_flags_against_a_null_set(run_test: Make, sampling: Make) -> None:
    """Of 30 problems three have equal completions, and none of the null set."""
    generator = random.Random(2)

    def problems(name: str, letters: str) -> ProblemSet:
        words = ["".join(generator.choices(letters, k=12)) for _ in range(90)]
        rows = [Problem(f"{name}{i}", " ".join(words[3 * i : 3 * i + 3])) for i in range(30)]
        return ProblemSet(name, rows)

    seen, unseen = problems("seen", "abcdefgh"), problems("unseen", "ijklmnop")
    texts = {
        p.id: ["".join(generator.choices("abcdefghij", k=12)) for _ in range(16)]
        for p in [*seen, *unseen]
    }
    for problem_id in ("seen0", "seen1", "seen2"):
        texts[problem_id] = [texts[problem_id][0]] * 16
    run = run_test(sampling(texts), [seen, unseen], "min-knn", nulls=["unseen"])
    p = {row["problem_id"]: row["p"] for row in run.artifact.rows("flags")}
    assert len(p) == 30
    assert sorted(p, key=p.__getitem__)[:3] == ["seen0", "seen1", "seen2"]
    assert p["seen0"] == pytest.approx(1 / 31)


@pytest.mark.parametrize("column", ["response", "seed", "index", "mode", "gold", "extracted"])
def test_an_edited_sample_is_found(
    run_test: Make, sampling: Make, tmp_path: Path, column: str
) -> None:
    texts = {problem.id: [f"text {i} {i * i}" for i in range(16)] for problem in PROBLEMS}
    run = run_test(sampling(texts), [PROBLEMS], "min-knn")
    values = {"response": "text 1 1", "seed": 1, "index": 20, "mode": "greedy"}

    def edit(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if (row["template"], row["problem_id"], row["index"]) == ("min-knn", "a", 15):
                row[column] = values.get(column, "x")

    copy = edited(run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, "samples", edit))
    assert run.failures(copy)
