"""Expressions over rewards: their values, their names, and what is refused."""

from __future__ import annotations

import pytest
from reward_groups import group_of, rewards

from clean_bench.errors import UserError
from clean_bench.grading import Grade
from clean_bench.problems import Problem
from trainers.labels import Label, Labels
from trainers.rewards import REWARDS, parse_reward

#          format python truth     1 1 0       1 0 1     0 1 0       0 0 0
TEXTS = [r"python \boxed{8}", r"\boxed{7}", "python", "nothing"]
GROUP = group_of(TEXTS)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("format+0.5*python", [1.5, 1, 0.5, 0]),
        ("format + 0.5 * python", [1.5, 1, 0.5, 0]),
        ("format & python", [1, 0, 0, 0]),
        ("format & !python", [0, 1, 0, 0]),
        ("!format & !python", [0, 0, 0, 1]),
        ("!(format & python)", [0, 1, 1, 1]),
        ("truth - 0.5*python", [-0.5, 1, -0.5, 0]),
        ("truth-python", [-1, 1, -1, 0]),
        ("-python", [-1, 0, -1, 0]),
        ("2*(format+python) + truth", [4, 3, 2, 0]),
        ("0.5*format & python", [0.5, 0, 0, 0]),
        ("format & python & truth", [0, 0, 0, 0]),
        ("constant:value=0.25 & format", [0.25, 0.25, 0, 0]),
        ("!constant:value=0.25", [0.75] * 4),
        ("constant:value=2+truth", [2, 3, 2, 2]),
    ],
)
def test_values_by_hand(text: str, values: list[float]) -> None:
    assert rewards(text, GROUP) == pytest.approx(values)


def test_an_unscorable_part_makes_the_whole_unscorable() -> None:
    grades = [
        Grade("timeout", "8", "box"),
        Grade("equal", "7", "box"),
        Grade("different", "8", "box"),
    ]
    group = group_of(TEXTS[:3], grades=grades)
    for text in ("truth+format", "truth & format", "!truth", "truth & !format", "0.5*truth-python"):
        values = rewards(text, group)
        assert values[0] is None, text
        assert None not in values[1:], text
    # Also where the other part is 0: the rollout takes no part in its group.
    assert rewards("truth & incorrect", GROUP) == [None] * 4


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" format + 0.50 * python ", "format+0.5*python"),
        ("format & !python", "format&!python"),
        ("random:p=0.5", "random"),
        ("random : p = 0.3", "random:p=0.3"),
        ("noisy:fp=0.2,fn=0.1", "noisy:fp=0.2,fn=0.1"),
        ("noisy:fn=0.3", "noisy:fp=0.1,fn=0.3"),
        ("length:target=1e3", "length:target=1000"),
        ("((truth))", "truth"),
        ("1*truth", "truth"),
        ("!(truth & format)", "!(truth&format)"),
        ("truth - python", "truth-python"),
        ("group-majority-format", "group-majority-format"),
        ("2*(format+python)-truth", "2*(format+python)-truth"),
        ("truth & (format & python)", "truth&(format&python)"),
    ],
)
def test_the_name_reads_back_as_the_same_expression(text: str, name: str) -> None:
    expression = parse_reward(text)
    assert (expression.name, str(expression)) == (name, name)
    again = parse_reward(name)
    assert again.node == expression.node


def test_what_an_expression_needs() -> None:
    assert parse_reward("format + majority").needs_labels
    assert parse_reward("incorrect & !python").only_wrong_labels
    assert not parse_reward("majority").only_wrong_labels
    assert not parse_reward("format + group-majority").needs_labels
    assert parse_reward("format & !python").spurious
    assert not parse_reward("format + 0.1*truth").spurious


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the name of a reward, got the end"),
        ("thruth", "no reward named 'thruth': expected one of truth, .*did you mean truth"),
        ("group_majority", "did you mean group-majority"),
        ("truth +", "expected the name of a reward, got the end"),
        ("truth format", "expected +, -, & or the end, got 'format'"),
        ("2 truth", r"expected \* after the weight 2, got 'truth'"),
        ("0*truth", "expected a weight above 0"),
        ("1e999*truth", "expected a weight above 0 and up to 1e.06, got inf"),
        ("(truth", r"expected \+, -, & or \), got the end"),
        ("truth)", "or the end, got '\\)'"),
        ("random:q=1", r"expected a parameter of random \(p\), got 'q'"),
        ("random:p", "expected = after p, got the end"),
        ("random:p=x", "expected a number after p=, got 'x'"),
        ("random:p=1.5", "expected p from 0 to 1, got 1.5"),
        ("noisy:fp=0.1,fp=0.2", "expected fp once, got it twice"),
        ("truth:p=1", "truth takes no parameters"),
        ("length:target=0", "expected target from 1 to 1e.06, got 0"),
        ("!(format+python)", r"between 0 and 1 beside !, got format\+python \(0 to 2\)"),
        ("format & constant:value=3", "between 0 and 1 beside &, got constant:value=3"),
        ("truth; rm -rf", "expected .*, got ';'"),
        ("(" * 30 + "truth" + ")" * 30, "at most 20 brackets"),
        ("!" * 30 + "truth", "at most 20 brackets or !"),
        ("truth+" * 100 + "truth", "at most 500 characters, got 605"),
        ("truth\x00", "got '.x00'"),
    ],
)
def test_a_bad_expression_gives_one_line(text: str, message: str) -> None:
    with pytest.raises(
        UserError, match=message.replace("+, -, & or the", r"\+, -, & or the")
    ) as raised:
        parse_reward(text)
    assert "\n" not in str(raised.value)


def test_every_example_parses_and_names_its_reward() -> None:
    for name, entry in REWARDS.items():
        expression = parse_reward(entry.example)
        assert entry in expression.node.rewards(), name
        assert all(
            parameter.low <= parameter.default <= parameter.high for parameter in entry.parameters
        )


PROBLEMS = [
    Problem("a", "1+1?", "2", source="f.jsonl:1"),
    Problem("b", "x?", "x+1", source="f.jsonl:2"),
]


def test_what_a_reward_needs_is_checked_before_training() -> None:
    parse_reward("truth + random").check(PROBLEMS, None)
    with pytest.raises(
        UserError, match=r"reward majority: expected labels, got none; give --labels"
    ):
        parse_reward("majority").check(PROBLEMS, None)
    with pytest.raises(
        UserError, match=r"of every problem, got none of 1 of 2 .*first is f.jsonl:2"
    ):
        parse_reward("format & majority").check(PROBLEMS, Labels([Label("a", "2", right=True)]))
    both = Labels([Label("a", "2", right=True), Label("b", None)])
    parse_reward("majority").check(PROBLEMS, both)
    with pytest.raises(
        UserError, match=r"numeric: expected a number, got 'x\+1' in 1 of 2 problems"
    ):
        parse_reward("truth + numeric").check(PROBLEMS, None)
    parse_reward("similarity").check(PROBLEMS, None)
