"""Clusters of near-duplicates, against a direct comparison of all pairs."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_bench.probing.clusters import cluster_ids, copied_texts
from clean_bench.text.tokenizer import content_tokens

BUSY = settings(deadline=None)  # other processes may hold the cores

SENTENCES = [
    "A train leaves the station at noon and travels 60 miles per hour.",
    "A train leaves the station at noon and travels 75 miles per hour.",
    "How far does it travel in two hours before it stops again?",
    "Find the area of the triangle with sides 3, 4 and 5.",
    "Find the area of $\\triangle ABC$.",
    "Two fair dice are rolled; what is the probability of a sum of 7?",
    "",
    "?",
]
TEXTS = st.lists(st.lists(st.sampled_from(SENTENCES), max_size=7).map(" ".join), max_size=14)


def near(a: str, b: str) -> bool:
    x, y = content_tokens(a), content_tokens(b)
    if not x or not y:
        return x == y and a.split() == b.split()
    if x == y:
        return True
    masked = [["#" if token[0].isdigit() else token for token in tokens] for tokens in (x, y)]
    words = any(token[0].isalpha() for token in x)
    if words and masked[0] == masked[1]:
        return True
    first, second = ({tuple(t[i : i + 5]) for i in range(len(t) - 4)} for t in (x, y))
    return bool(first | second) and len(first & second) / len(first | second) >= 0.8


def components(texts: Sequence[str]) -> list[int]:
    """The smallest index that is connected with each text, by repeated propagation."""
    labels = list(range(len(texts)))
    pairs = [(i, j) for j in range(len(texts)) for i in range(j) if near(texts[i], texts[j])]
    while True:
        before = list(labels)
        for i, j in pairs:
            labels[i] = labels[j] = min(labels[i], labels[j])
        if labels == before:
            return labels


@BUSY
@given(TEXTS)
def test_the_clusters_are_those_of_all_pairs(texts: list[str]) -> None:
    assert cluster_ids(texts) == components(texts)


@BUSY
@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_texts(texts: list[str]) -> None:
    assert cluster_ids(texts) == components(texts)


@pytest.mark.parametrize(
    "first, second, same",
    [
        (r"Find $\frac12 + x$.", r"Problem: find \( \dfrac{1}{2}+x \)", True),
        ("Compute $3 + 4$.", "Compute $17 + 4$.", True),
        ("Compute $3 + 4$.", "Compute $3 - 4$.", False),
        ("one two three four", "one two three five", False),
        # 10 shingles each; 9 of 11 are common (0.82), or 8 of 12 (0.67)
        ("a b c d e f g h i j k l m n", "a b c d e f g h i j k l m o", True),
        ("a b c d e f g h i j k l m n", "a b c d e f g h i j k l o p", False),
        ("", " ", True),
        ("", "?", False),
    ],
)
def test_pairs_by_hand(first: str, second: str, same: bool) -> None:
    assert cluster_ids([first, second]) == [0, 0 if same else 1]


def test_jaccard_of_exactly_four_fifths() -> None:
    """16 common shingles of 20: texts of 22 tokens that differ in the first and in the last two."""
    common = " ".join(f"{a}{b}" for a in "abcd" for b in "vwxyz")  # 20 words, 16 shingles
    assert cluster_ids([f"{common} p q", f"r s {common}"]) == [0, 0]
    assert cluster_ids([f"{common} p q", f"r s t {common}"]) == [0, 1]


def test_a_chain_is_one_cluster() -> None:
    words = [a + b for a in "abcdef" for b in "uvwxyz"]
    chain = [" ".join(words[start : start + 30]) for start in range(7)]
    assert cluster_ids([chain[0], chain[6]]) == [0, 1]
    assert cluster_ids(["other", *chain]) == [0] + [1] * 7


@pytest.mark.parametrize(
    "texts",
    [
        ["the same text of more than five words"] * 3_000,
        [f"one template of more than five words with {i} and {7 * i}" for i in range(3_000)],
        [
            f"this sentence is at the start of every text and {i:b} {i * i:b}" * 2
            for i in range(3_000)
        ],
        ["a" * 50_000, "$" * 50_000, "a b c d " * 12_000, "(1,2" * 12_000, "\\begin{a}" * 5_000],
    ],
)
def test_hostile_sets_take_bounded_time(texts: list[str]) -> None:
    start = time.process_time()
    cluster_ids(texts)
    assert time.process_time() - start < 15


def test_copies_keep_the_numbers() -> None:
    long = " ".join(f"w{i}" for i in range(60))
    originals = ["Find the area of $\\triangle ABC$ with 12 units.", f"{long} has 7 parts", "?"]
    copies = [
        originals[0].upper(),
        f"{long} has 7 parts today",  # more than four fifths of the shingles
        " ? ",
    ]
    others = [
        originals[0].replace("12", "13"),  # its template with another number
        f"{long} has 8 parts",  # the same, though most shingles are equal
        "!",
        "Two fair dice are rolled; what is the probability of a sum of 7?",
    ]
    assert copied_texts([*copies, *others], originals) == [True] * 3 + [False] * 4
    assert copied_texts(copies, []) == [False] * 3


@BUSY
@given(TEXTS, TEXTS)
def test_a_copy_is_a_near_duplicate_and_a_text_is_a_copy_of_itself(
    texts: list[str], originals: list[str]
) -> None:
    ids = cluster_ids([*originals, *texts])
    near_one = {ids[i] for i in range(len(originals))}
    copied = copied_texts(texts, originals)
    for text, cluster, is_copy in zip(texts, ids[len(originals) :], copied, strict=True):
        assert not is_copy or cluster in near_one
        assert is_copy or text not in originals
