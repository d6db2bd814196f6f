"""One problem and one text by hand, and the index against the definition."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.overlap.index import OverlapIndex
from clean_bench.overlap.match import OverlapMatch, compare_texts, problem_ngrams
from clean_bench.text.tokenizer import content_tokens

STORY = (
    "Ann has 12 red apples and 7 green pears. She gives 3 apples to Ben and buys 5 more pears "
    "at the market. How many pieces of fruit does Ann have now?"
)
"""9 + 14 + 9 = 32 tokens, 20 grams of 13."""
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()


def test_the_story_has_the_grams_that_the_tests_count_on() -> None:
    assert len(content_tokens(STORY)) == 32
    assert len(problem_ngrams(content_tokens(STORY), 13)) == 20


def test_the_same_text_in_other_layout_is_exact() -> None:
    other = (
        "ANN has  $12$ red apples, and $7$ green pears; she gives 3 apples to Ben and buys 5 more"
    )
    other += " pears at the market. How many pieces of fruit\ndoes Ann have now"
    assert compare_texts(STORY, other, 13) == OverlapMatch(True, 1.0, 1.0)
    assert compare_texts(STORY, other, 13).kind == "exact"


def test_brackets_that_differ_make_no_exact_match() -> None:
    bracketed, other = "Compute $2(x+1)$.", "Compute $2x+1$."
    assert compare_texts(bracketed, other, 13) == OverlapMatch(False, 1.0, 1.0)
    assert compare_texts(bracketed, other, 13).kind == "ngram"
    assert compare_texts(bracketed, bracketed.replace("$", ""), 13).kind == "exact"


def test_a_text_around_the_problem_leaves_its_ngrams() -> None:
    assert compare_texts(STORY, f"Think first. {STORY} Answer in a box.", 13) == OverlapMatch(
        False, 1.0, 1.0
    )


def test_a_changed_word_takes_thirteen_grams_with_it() -> None:
    """The name is token 14 of 0..31: grams that begin at 0, 1 and at 15..19 are left, 7 of 20."""
    other = STORY.replace("Ben", "Carl")
    match = compare_texts(STORY, other, 13)
    assert match.share == match.masked_share == 7 / 20
    assert match.kind is None
    assert compare_texts(STORY, other, 8).kind == "ngram"


def test_other_numbers_are_a_masked_match() -> None:
    other = STORY.replace("12", "41").replace("7", "1,250").replace("3", "2.5")
    match = compare_texts(STORY, other, 13)
    assert match.masked_share == 1 and match.share < 0.5 and match.kind == "masked"


def test_short_problems() -> None:
    nine = "What is the sum of 3 and 4, Ann?"
    assert compare_texts(nine, f"Well: {nine} Say it.", 13).kind == "ngram"
    assert compare_texts(nine, nine.replace("3", "33"), 13).kind == "masked"
    four = "What is 3 + 4?"
    assert compare_texts(four, "what is $3+4$", 13).kind == "exact"
    assert compare_texts(four, "What is 5 + 6?", 13).kind == "masked"
    # Fewer than eight tokens inside a longer text say nothing.
    assert compare_texts(four, f"{four} Explain your answer to a child.", 13) == OverlapMatch(
        False, 0.0, 0.0
    )
    assert compare_texts("3 + 4", "5 + 6", 13) == OverlapMatch(False, 0.0, 0.0)
    assert (
        compare_texts("", "", 13) == compare_texts("$$", "$$", 13) == OverlapMatch(False, 0.0, 0.0)
    )


def test_rows_of_numbers_do_not_resemble_each_other() -> None:
    list_text = "Sort the data: " + ", ".join(str(i) for i in range(40))
    other = "Add up these: " + ", ".join(str(7 * i) for i in range(40))
    assert compare_texts(list_text, other, 13).masked_share == 0


def test_levels() -> None:
    for match, level in (((True, 1, 1), 3), ((False, 0.5, 1), 2), ((False, 0.49, 0.5), 1)):
        assert OverlapMatch(*match).level == level
    assert OverlapMatch(False, 0.49, 0.49).level == 0


TEXT = st.lists(
    st.one_of(st.sampled_from(["a", "b", "c", "the"]), st.integers(0, 3).map(str)), max_size=14
).map(" ".join)


@settings(deadline=None)  # other processes may hold the cores
@given(st.lists(TEXT, min_size=1, max_size=5), st.lists(TEXT, max_size=6), st.integers(3, 6))
def test_the_index_finds_what_the_definition_says(
    problems: list[str], texts: list[str], n: int
) -> None:
    index = OverlapIndex(problems, n)
    matches = {(match.row, match.problem): match.match for match in index.find(texts)}
    for row, text in enumerate(texts):
        for number, problem in enumerate(problems):
            expected = compare_texts(problem, text, n)
            assert matches.pop((row, number), OverlapMatch(False, 0.0, 0.0)) == expected
    assert not matches


def test_long_random_texts_in_both_ways() -> None:
    """Vocabulary that the problems have not, repeated grams, and grams across the rows of a batch."""
    draw = random.Random(5)
    names = [*WORDS, "7", "1,000", "("]
    problems = [" ".join(draw.choices(names, k=draw.randint(5, 60))) for _ in range(40)]
    texts = []
    for _ in range(200):
        piece = draw.choice(problems).split()
        at = draw.randrange(len(piece))
        texts.append(" ".join(draw.choices([*names, "omega", "99"], k=9) + piece[at : at + 30]))
    texts += [problems[3], problems[3].upper(), ""]
    matches = {(match.row, match.problem): match for match in OverlapIndex(problems, 8).find(texts)}
    assert len(matches) > 100
    for row, text in enumerate(texts):
        for number, problem in enumerate(problems):
            expected = compare_texts(problem, text, 8)
            if expected != OverlapMatch(False, 0.0, 0.0):
                match = matches.pop((row, number))
                assert match.match == expected
    assert not matches


CHANGED = st.sampled_from(
    [str.upper, str.title, lambda t: t.replace(" ", "  \n"), lambda t: f"${t}$"]
)


@settings(deadline=None)  # other processes may hold the cores
@given(CHANGED, st.integers(0, 5))
def test_case_and_space_do_not_hide_a_copy(change: object, spaces: int) -> None:
    assert callable(change)
    assert compare_texts(STORY, " " * spaces + change(STORY), 13).kind == "exact"


@settings(deadline=None)  # other processes may hold the cores
@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_other_numbers_do_not_hide_a_template(numbers: list[int]) -> None:
    other = STORY
    for old, new in zip((" 12 ", " 7 ", " 3 ", " 5 "), numbers, strict=True):
        other = other.replace(old, f" {new:,} ")
    assert compare_texts(STORY, other, 13).masked_share == 1


@settings(deadline=None)  # other processes may hold the cores
@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_unrelated_words_never_hit(text: str) -> None:
    assert compare_texts(STORY, text, 13).level == compare_texts(text, STORY, 13).level == 0
    assert not list(OverlapIndex([STORY], 13).find([text]))
