"""Styles of printing: by hand, and removed again."""

from __future__ import annotations

import pytest

from generators.competition.printing import PLAIN, Style, dress, undress

TEXT = (
    r"Let \[f(x)=x^{n-1}+3x-\frac{x+2}{5}.\] If 12 of 40 points $x,$ $y$ have $f(x)\le 5$, "
    r"what is $f(-2)$? Write 3 numbers."
)


def test_the_plain_style_changes_nothing() -> None:
    assert dress(TEXT, PLAIN) == TEXT


@pytest.mark.parametrize(
    ("style", "text", "printed"),
    [
        (Style(blanks=True), "$x^{n-1}+3x=5$ or $(3,-1)$", "$x^{n-1} + 3x = 5$ or $(3,-1)$"),
        (Style(blanks=True), r"$a\le b$ is well-known", r"$a \le b$ is well-known"),
        (
            Style(dollars=True),
            r"Of 12 seeds, 3 cost \$5 and 25\% fail.",
            r"Of $12$ seeds, $3$ cost $\$5$ and $25\%$ fail.",
        ),
        (
            Style(dollars=True),
            r"Find $x+12$ of A1 or 3-digit 1.5.",
            r"Find $x+12$ of A1 or 3-digit $1.5$.",
        ),
        (Style(commas=True), "Let $x$, $y$ be $z$.", "Let $x,$ $y$ be $z.$"),
        (Style(glued=True), r"If \[x=1,\] find $y$.", r"If \[x=1,\]find $y$."),
        (Style(breaks=True), r"If \[x=1,\] find $y$.", "If\n\\[x=1,\\] find $y$."),
        (Style(wide=True), "One. Two? Three.", "One.  Two?  Three."),
        (Style(paragraphs=True), "One. Two? Three.", "One. Two?\n\nThree."),
    ],
)
def test_each_style(style: Style, text: str, printed: str) -> None:
    assert dress(text, style) == printed


def test_every_style_is_removed() -> None:
    for flags in range(2 ** len(Style._fields)):
        style = Style(*(bool(flags >> bit & 1) for bit in range(len(Style._fields))))
        assert undress(dress(TEXT, style)) == undress(TEXT)


def test_undressed_texts_keep_what_differs() -> None:
    assert undress("$x$ and $y$") != undress("$xy$")
    assert undress("There are $7$ of $x$.") == "There are 7 of $x$."
    assert undress(r"$a\cdot b$") == r"$a\cdot b$"
    assert undress("$$x=1$$") == undress(r"\[x=1\]")
