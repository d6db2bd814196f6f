r"""Cuts: properties over generated texts, rules by hand, and real problems."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench.probing.cut import EMPTY, NO_BOUNDARY, PROTOCOLS, cut, math_spans

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

FORMULAS = ["$x + y$", r"\(a b\)", r"\[ 1 + 2 \]", "$$p\n q$$", "[asy] draw(a, b); [/asy]"]
OTHERS = ["Find", "the", r"\$", "$5", "$", " ", "\n", "é", ".", r"\begin{a} 1 & 2 \end{a}"]
PIECES = st.sampled_from(FORMULAS + OTHERS)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map(" ".join))
FRACTIONS = st.floats(0.01, 0.99)


@given(TEXTS, FRACTIONS)
def test_nothing_is_lost(text: str, fraction: float) -> None:
    got = cut(text, fraction)
    assert got.prefix + got.suffix == text
    assert got.offset == len(got.prefix)
    assert (got.reason is not None) == (got.suffix == "")


@given(TEXTS, FRACTIONS)
def test_a_cut_lies_between_words_outside_mathematics(text: str, fraction: float) -> None:
    got = cut(text, fraction)
    if got.reason is None:
        assert not got.prefix[-1].isspace()
        assert got.suffix[0].isspace() and got.suffix.strip()
        assert not any(start < got.offset < end for start, end in math_spans(text))


@given(TEXTS, FRACTIONS)
def test_the_cut_is_the_nearest_allowed_one(text: str, fraction: float) -> None:
    allowed = [
        i
        for i in range(1, len(text))
        if text[i].isspace()
        and not text[i - 1].isspace()
        and text[i:].strip()
        and not any(start < i < end for start, end in math_spans(text))
    ]
    target = int(len(text) * fraction)
    earlier = [i for i in allowed if i <= target]
    got = cut(text, fraction)
    if allowed:
        assert got.offset == (earlier[-1] if earlier else allowed[0])
    else:
        assert got.reason == (NO_BOUNDARY if text.strip() else EMPTY)


@pytest.mark.parametrize(
    "text, prefix",
    [
        ("one two three four", "one two"),  # 60% is inside "three"
        ("one two  three", "one two"),  # the whole run of white space goes to the suffix
        ("extraordinarily long", "extraordinarily"),  # no boundary before the target: the next one
        ("so $a + b + c + d$ is", "so"),
        (r"so \( a + b + c \) is", "so"),
        (r"x \begin{matrix} 1 & \begin{matrix} 2 \end{matrix} & 3 \end{matrix} y", "x"),
        ("see [asy] draw(a, b); fill(c); [/asy] it", "see"),
        ("$a + b + c + d + e$ is", "$a + b + c + d + e$"),
        ("a for $5 and a b for $7 each", "a for $5 and a b"),
        (r"it costs \$5 and that \$6 or so", r"it costs \$5 and"),
        ("an open $ sign and more words", "an open $ sign"),
    ],
)
def test_cuts_by_hand(text: str, prefix: str) -> None:
    assert cut(text, 0.6).prefix == prefix


@pytest.mark.parametrize("text", ["word", "  word  ", "$a + b$"])
def test_without_a_boundary_the_reason_is_given(text: str) -> None:
    got = cut(text, 0.6)
    assert (got.prefix, got.suffix, got.reason) == (text, "", NO_BOUNDARY)


@pytest.mark.parametrize("text", ["", "\n", " \t "])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_text_without_a_word_is_empty(text: str, protocol: str) -> None:
    got = cut(text, 0.6, protocol)
    assert (got.prefix, got.suffix, got.reason) == (text, "", EMPTY)


@pytest.mark.parametrize("fraction", [0, 1, -0.5, float("nan")])
def test_a_fraction_must_leave_two_parts(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        cut("a b", fraction)


def _problems(name: str, column: str) -> list[str]:
    path = DATA / name
    if not path.exists():
        pytest.skip("the folder of real data is absent")
    return [json.loads(line)[column] for line in path.read_text().splitlines()]


def test_math500_is_cut_outside_formulas() -> None:
    """Every problem that can be cut is cut where each side has whole formulas."""
    texts = [text for text in _problems("math500.jsonl", "problem") if text.count("$") % 2 == 0]
    cuts = [cut(text, 0.6) for text in texts]
    assert sum(parts.reason is None for parts in cuts) >= 0.99 * len(texts)
    assert all(
        parts.prefix.replace(r"\$", "").count("$") % 2 == 0 for parts in cuts if not parts.reason
    )


PRINTED = [
    ("math500.jsonl", 97, "For how many positive integers $n>1$ is", " it"),
    ("math500.jsonl", 141, "Suppose $a$ and $b$ are different prime numbers greater than", " 2."),
    ("amc23.jsonl", 81, "What is the value of\n\\[2^3 - 1^3", " +"),
    ("aime24.jsonl", 114, r"Find the largest possible real part of \[(75+117i", ")z"),
    (
        "aime24.jsonl",
        184,
        r"Find the number of triples of nonnegative integers \((a,b,c)\) satisfying",
        r" \(a",
    ),
]
"""Figures 1 and 12 to 15 of arXiv 2507.10532v3: the file, the characters of the problem, the prompt that
the paper prints for 40% of it, and what follows. The prompt of figure 11 (AMC 2022) is not here: the
characters of its problem in the paper's set of 83 are not published with it, and with those of the
contest's page no cut at 40% of the characters gives the printed prompt."""


@pytest.mark.parametrize(("file", "length", "prefix", "following"), PRINTED)
def test_the_paper_protocol_gives_the_printed_prefixes(
    file: str, length: int, prefix: str, following: str
) -> None:
    """The cut depends on the length of a problem and on its text up to the cut."""
    text = (prefix + following).ljust(length, "x")
    assert cut(text, 0.4, "paper").prefix == prefix


@pytest.mark.parametrize(("file", "length", "prefix", "following"), PRINTED)
def test_the_printed_prefixes_are_cuts_of_real_problems(
    file: str, length: int, prefix: str, following: str
) -> None:
    texts = [text for text in _problems(file, "problem") if text.startswith(prefix + following)]
    assert [len(text) for text in texts] == [length]
    assert cut(texts[0], 0.4, "paper").prefix == prefix


def test_other_protocols_do_not_give_the_printed_prefixes() -> None:
    """So the prefixes decide between the rules."""
    for protocol in ("clean", "paradox"):
        cuts = [
            cut((prefix + following).ljust(length, "x"), 0.4, protocol).prefix == prefix
            for _, length, prefix, following in PRINTED
        ]
        assert not all(cuts), protocol


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (r"\begin{a}\begin{a}x\end{a}", [(9, 26)]),
        (r"\begin{a}\begin{b}x\end{a}\end{b}", [(0, 26)]),
        (r"\begin{a}$x$\end{b}", [(9, 12)]),
        (r"\end{a}\begin{a}x\end{a}\end{a}", [(7, 24)]),
        (r"\[ $x$ \[ \(y\) $z", [(3, 6), (10, 15)]),
        ("[asy] $$a$$ $$b", [(6, 11)]),
    ],
)
def test_an_opener_without_a_closer_starts_no_span(text: str, spans: list[tuple[int, int]]) -> None:
    assert math_spans(text) == spans


@pytest.mark.parametrize(
    "piece",
    [
        r"\begin{a} ",
        r"\begin{a}\begin{b} ",
        r"\begin{",
        r"\[ ",
        r"\( ",
        "[asy] ",
        r"$ \$ ",
        "$3 each ",
    ],
)
def test_open_spans_cost_their_length(piece: str) -> None:
    """Linear time is a tenth of a second; the search for each closer by itself takes minutes."""
    begun = time.process_time()
    math_spans(piece * (200_000 // len(piece)))
    assert time.process_time() - begun < 10


def test_money_in_gsm8k_is_no_mathematics() -> None:
    texts = _problems("gsm8k_test.jsonl", "question")
    assert sum(bool(math_spans(text)) for text in texts) <= 0.01 * len(texts)
    near = [abs(cut(text, 0.6).offset - int(0.6 * len(text))) for text in texts]
    assert max(near) <= 20
