"""Values as Hydra reads them; tests/trainers/verl/test_verl_itself.py reads them back with Hydra."""

from __future__ import annotations

import pytest

from trainers.verl.overrides import Value, lines, literal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "True"),
        (-1, "-1"),
        (5e-7, "5e-07"),
        (1e9, "1000000000.0"),
        ((0.9, 0.95), "[0.9,0.95]"),
        (["console"], "[console]"),
        ("seq-mean-token-mean", "seq-mean-token-mean"),
        ("/models/Qwen2.5-Math-7B", "/models/Qwen2.5-Math-7B"),
        ("Qwen/Qwen2.5-Math-7B", "Qwen/Qwen2.5-Math-7B"),
        # Texts that Hydra would read as something else.
        ("null", "'null'"),
        ("True", "'True'"),
        ("12", "'12'"),
        (".1", "'.1'"),
        ("0.5_5.0", "'0.5_5.0'"),
        ("", "''"),
        ("a b", "'a b'"),
        ("a=b,c", "'a=b,c'"),
        ("{{ messages[0]['content'] }}", r"'{{ messages[0][\'content\'] }}'"),
        ("C:\\models", r"'C:\models'"),
        ("ends with \\", r"'ends with \\'"),
        (r"\'", r"'\\\''"),
    ],
)
def test_literals(value: Value, text: str) -> None:
    assert literal(value) == text


def test_one_line_per_key() -> None:
    assert lines({"a.b": 1, "+c": "x y"}) == ["a.b=1", "+c='x y'"]


@pytest.mark.parametrize("text", ["two\nlines", "carriage\rreturn", "/models/${HOME}"])
def test_texts_that_an_override_cannot_hold(text: str) -> None:
    with pytest.raises(ValueError, match="expected a text of one line"):
        literal(text)
