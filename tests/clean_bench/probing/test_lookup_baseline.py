"""The look-up that needs no model."""

import json
from pathlib import Path

import pytest

from clean_bench.probing.cut import cut
from clean_bench.probing.lookup_baseline import LookupBaseline
from clean_bench.probing.suffix_match import compare_suffix

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


def baseline_completions(
    prefixes: list[str], texts: list[str], others: list[str] | tuple[()] = ()
) -> list[str]:
    """The look-up's completion of the prefix of each text, from the other texts and from `others`."""
    lookup = LookupBaseline([*texts, *others])
    return [lookup.complete(prefix, text) for prefix, text in zip(prefixes, texts, strict=True)]


def test_the_most_common_continuation_is_copied_to_the_end() -> None:
    others = ["b of the x one", "c of the y two", "d of the y two"]
    assert baseline_completions(["a of the"], ["a of the z"], others) == [" y two"]


def test_the_longer_run_of_words_wins() -> None:
    others = ["1 2 3 4 long", "9 9 3 4 short", "8 8 3 4 short"]
    assert baseline_completions(["1 2 3 4"], ["1 2 3 4 own"], others) == [" long"]


def test_of_equally_common_ones_the_first() -> None:
    others = ["p q zebra", "p q apple"]
    assert baseline_completions(["p q"], ["p q own"], others) == [" zebra"]
    assert baseline_completions(["p q"], ["p q own"], others[::-1]) == [" apple"]


def test_neither_itself_nor_a_copy_is_looked_up() -> None:
    texts = ["a b c d", "a  b c d"]
    assert baseline_completions(["a b", "a  b"], texts, ["a b c d\n"]) == ["", ""]
    assert baseline_completions(["a b"], ["a b c d"], ["a b c e"]) == [" c e"]


def test_a_copy_in_the_corpus_counts_once() -> None:
    others = ["p q x", "p q x", "1 p q y", "2 p q y"]
    assert baseline_completions(["p q"], ["p q own"], others) == [" y"]


def test_other_items_are_looked_up_but_not_where_nothing_follows() -> None:
    texts = ["k p q own", "m p q"]
    assert baseline_completions(["k p q", "m p"], texts) == ["", ""]
    assert baseline_completions(["k p q"], texts[:1], ["n p q r"]) == [" r"]
    assert baseline_completions(["word"], ["word more"], ["word less"]) == [""]


def test_math500_has_the_baseline_that_was_measured() -> None:
    """Another implementation, cutting at 60% of the words, restored 13 of 500 (Wilson 1.5 to 4.4%)."""
    if not (DATA / "math500.jsonl").exists():
        pytest.skip("the folder of real data is absent")
    texts, train = (
        [json.loads(line)["problem"] for line in (DATA / name).read_text().splitlines()]
        for name in ("math500.jsonl", "math_train_3000.jsonl")
    )
    cuts = [cut(text, 0.6) for text in texts]
    completions = baseline_completions([parts.prefix for parts in cuts], texts, train)
    hits = sum(
        compare_suffix(completion, parts.suffix, ended=True).text
        for completion, parts in zip(completions, cuts, strict=True)
    )
    assert 5 <= hits <= 22
