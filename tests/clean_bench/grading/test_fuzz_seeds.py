"""No text breaks the reader: those that once did, and a few thousand of the fuzzer.

`fuzz_seeds.jsonl` holds texts that raised an exception, and others of their kind. The whole of the
fuzzer is `make fuzz-grading`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from clean_bench.grading import grade

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "measurements"))

from fuzz_grading import fault_of
from fuzz_texts import generated_texts, mutated_texts

SEEDS = [
    json.loads(line)
    for line in Path(__file__).with_name("fuzz_seeds.jsonl").read_text("utf-8").splitlines()
]
OTHERS = ("5", "x=5", "(1,2)", r"\begin{cases} x & x>0 \\ -x & x\le 0 \end{cases}")


@pytest.mark.parametrize("other", OTHERS)
def test_a_text_that_once_broke_the_reader_has_no_fault(other: str) -> None:
    assert {text: fault_of(text, other) for text in SEEDS} == dict.fromkeys(SEEDS)


def test_none_of_them_is_a_crash_and_each_equals_itself() -> None:
    grades = grade([(text, f"\\boxed{{{text} }}") for text in SEEDS])
    assert {text: result.kind for text, result in zip(SEEDS, grades, strict=True)} == dict.fromkeys(
        SEEDS, "equal"
    )


def test_an_empty_row_changes_nothing() -> None:
    for name in "aligned align align* split gathered cases".split():
        for body in (r"x &= 5 \\", r"\\ x &= 5", r"\\ x = 5 \\ \\"):
            response = rf"\boxed{{\begin{{{name}}} {body} \end{{{name}}}}}"
            assert grade([("5", response), ("6", response)])[0].kind == "equal", response
            assert grade([("6", response)])[0].kind == "different", response


def test_texts_of_the_fuzzer_have_no_fault() -> None:
    before = "5"
    for text in [*generated_texts(600, 11), *mutated_texts(600, 11)]:
        assert fault_of(text, before) is None, text
        before = text


def test_the_fuzzer_reports_an_exception_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    import fuzz_grading

    monkeypatch.setattr(fuzz_grading, "parse_answer", lambda text: [][1])
    assert str(fault_of("5", "6")).startswith("IndexError at test_fuzz_seeds.py")
