"""Names suggested for an unknown one."""

from __future__ import annotations

import pytest

from clean_bench.errors import UserError
from generators.competition.registry import template_named
from generators.registry import FAMILIES, family
from generators.suggestions import close_names, did_you_mean

KNOWN = ["Algebra", "Prealgebra", "Number Theory"]


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("algebra", ["Algebra"]),
        ("NUMBER theory", ["Number Theory"]),
        ("algebr", ["Algebra", "Prealgebra"]),
        ("prealgebr", ["Prealgebra", "Algebra"]),
        ("xyz", []),
        ("", []),
    ],
)
def test_close_names_in_any_case(name: str, close: list[str]) -> None:
    assert close_names(name, KNOWN) == close


def test_the_end_of_an_error() -> None:
    assert did_you_mean("algebra", KNOWN) == ": did you mean Algebra?"
    assert did_you_mean("algebr", KNOWN) == ": did you mean Algebra or Prealgebra?"
    assert did_you_mean("xyz", KNOWN) == ""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Competition", "competition"),
        ("matched", "competition"),
        ("competitionn", "competition or "),
        ("Random-Calculation", "random-calculation"),
        ("storys", "stories or "),
        ("zzz", " or ".join(FAMILIES)),
    ],
)
def test_an_unknown_family(name: str, meant: str) -> None:
    with pytest.raises(UserError) as caught:
        family(name)
    assert str(caught.value).startswith(f"there is no family {name!r}: did you mean {meant}")


def test_an_unknown_template() -> None:
    with pytest.raises(UserError, match=r"'Quiz-Score': did you mean quiz-score\?"):
        template_named("Quiz-Score")
