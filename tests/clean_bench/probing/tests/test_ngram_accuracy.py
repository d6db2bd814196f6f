"""N-gram accuracy: where the points are, and what counts as reproduced."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forgeries import change_rows, edited

from clean_bench.probing.tests import TESTS
from clean_bench.probing.tests.ngram_accuracy import FIRST, WORDS, ngrams_of
from clean_bench.problems import Problem, ProblemSet

TEXT = " ".join(f"w{i}" for i in range(21))
Make = Callable[..., Any]


def words(start: int, stop: int) -> str:
    return " ".join(f"w{i}" for i in range(start, stop))


def test_points_are_spread_from_the_ninth_word_to_the_last_five() -> None:
    starts = [8, 10, 12, 14, 16]
    assert ngrams_of(TEXT) == [(words(0, s), " " + words(s, s + 5)) for s in starts]
    # Two words more: 8 + (18 - 8) / 4 = 10.5, rounded up.
    assert [len(before.split()) for before, _ in ngrams_of(TEXT + " a b")] == [8, 11, 13, 16, 18]


@pytest.mark.parametrize(("count", "points"), [(0, 0), (12, 0), (13, 1), (14, 2), (17, 5)])
def test_short_problems_have_fewer_points_or_none(count: int, points: int) -> None:
    assert len(ngrams_of(words(0, count))) == points


def test_points_are_between_words_whatever_the_white_space() -> None:
    generator = random.Random(0)
    for _ in range(200):
        parts = [
            generator.choice("ab$\\é") * generator.randint(1, 4)
            + generator.choice([" ", "  ", "\n", "\u2003", "\t\n "])
            for _ in range(generator.randint(0, 40))
        ]
        text = generator.choice(["", " \n"]) + "".join(parts)
        points = ngrams_of(text)
        assert bool(points) == (len(text.split()) >= FIRST + WORDS)
        for before, target in points:
            rest = text[len(before) + len(target) :]
            assert before + target + rest == text
            assert len(target.split()) == WORDS and len(before.split()) >= FIRST
            assert target[0].isspace() and not before[-1].isspace()
            assert not rest or rest[0].isspace()


def test_numbers_by_hand(run_test: Make, fake_engine: Make) -> None:
    continued = {
        words(0, 8): " " + words(8, 21),  # reproduced, and continued
        words(0, 10): "  " + words(10, 13) + "\n" + words(13, 15),  # other white space
        words(0, 12): " " + words(12, 16),  # ends one word early
        words(0, 14): " " + words(14, 19) + "0",  # another last word
    }
    sets = [ProblemSet("s", [Problem("a", TEXT), Problem("short", words(0, 12))])]
    engine = fake_engine(continued)
    run = run_test(engine, sets, "ngram-accuracy", fractions=[0.4, 0.6])
    # A word is two tokens, its letter and its number.
    rouge_l = (1 + 1 + 2 * 8 / 18 + 9 / 10 + 0) / 5
    assert {name: value for (*_, name), value in run.values.items()} == {
        "accuracy": pytest.approx(2 / 5),
        "rouge_l": pytest.approx(rouge_l),
        "points": 5,
    }
    assert {place[:3] for place in run.values} == {("s", "a", None)}
    requests = [r for batch in engine.batches for r in batch if "ngram" in r.key]
    assert len(requests) == 5 and all(r.max_tokens == 5 + 8 for r in requests)
    assert TESTS["ngram-accuracy"].evidence({"accuracy": 0.4, "points": 5}) == 0.4
    [row] = [r for r in run.artifact.rows("results") if r["measure"] == "ngram-accuracy:accuracy"]
    assert (row["value"], row["n"]) == (pytest.approx(0.4), 1) and row["low"] < 0.4 < row["high"]


def test_a_model_that_writes_nothing_reproduces_nothing(run_test: Make, fake_engine: Make) -> None:
    """Also where the problem repeats itself, so that its prompts end in the words to come."""
    text = "one two three four five " * 5
    run = run_test(fake_engine(), [ProblemSet("s", [Problem("a", text)])], "ngram-accuracy")
    assert run.values["s", "a", None, "accuracy"] == 0 == run.values["s", "a", None, "rouge_l"]


def test_points_that_are_longer_than_the_context_are_left_out(
    run_test: Make, fake_engine: Make
) -> None:
    class Engine(fake_engine):  # type: ignore[misc,valid-type]
        def generate(self, requests: Any) -> Any:
            for done in super().generate(requests):
                if len(done.prompt_ids) >= self.context_length:
                    done = type(done)(done.key, "", [], [], "overlong", done.prompt_ids)
                yield done

    engine = Engine({words(0, 8): " " + words(8, 13)}, context_length=13)
    sets = [ProblemSet("s", [Problem("a", TEXT), Problem("b", "x y z " * 30)])]
    run = run_test(engine, sets, "ngram-accuracy")
    assert run.values["s", "a", None, "points"] == 2  # prompts of 8 and of 10 words
    assert run.values["s", "a", None, "accuracy"] == 0.5
    none = run_test(Engine(context_length=5), sets, "ngram-accuracy", folder="q")
    assert none.values == {}


FORGERIES: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "response": ("samples", lambda row: row.update(response=row["gold"]), "the texts give"),
    "gold": ("samples", lambda row: row.update(gold="w0"), "gold is stored as 'w0'"),
    "grade": ("samples", lambda row: row.update(grade="equal"), "grade is stored as 'equal'"),
    "template": (
        "samples",
        lambda row: row.update(template="ngram-accuracy/9"),
        "are not the completions of the test ngram-accuracy",
    ),
    "prompt": ("samples", lambda row: row.update(prompt="w0"), "are not the completions"),
    "finish": (
        "samples",
        lambda row: row.update(finish="overlong", response="x"),
        "has a response",
    ),
    "value": ("statistics", lambda row: row.update(value=1.0), "is stored as 1.0"),
    "statistic": ("statistics", lambda row: row.update(statistic="x"), "lacks accuracy"),
    "problem_id": ("statistics", lambda row: row.update(problem_id="z"), "is not a problem"),
    "prefix": ("statistics", lambda row: row.update(prefix=0.6), "is no part of the probe"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_found(run_test: Make, fake_engine: Make, tmp_path: Path, name: str) -> None:
    run = run_test(fake_engine(), [ProblemSet("s", [Problem("a", TEXT)])], "ngram-accuracy")
    table, change, failure = FORGERIES[name]

    def edit(rows: list[dict[str, Any]]) -> None:
        own = [r for r in rows if "test" in r or r["template"].startswith("ngram")]
        for row in own[:1]:
            change(row)

    copy = edited(run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, table, edit))
    assert any(failure in line for line in run.failures(copy)), run.failures(copy)


def test_dropped_numbers_are_found(run_test: Make, fake_engine: Make, tmp_path: Path) -> None:
    run = run_test(fake_engine(), [ProblemSet("s", [Problem("a", TEXT)])], "ngram-accuracy")
    copy = edited(
        run.artifact.folder, tmp_path / "c", lambda a: change_rows(a, "statistics", lambda rows: [])
    )
    assert "statistics, s/a, ngram-accuracy: lacks accuracy" in run.failures(copy)
