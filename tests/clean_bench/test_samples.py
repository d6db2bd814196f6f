"""Samples: requested, generated and graded in separate steps; stored and read without a loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clean_bench import samples as records
from clean_bench.engines.base import Completion, Request
from clean_bench.errors import UserError
from clean_bench.grading.grade import KINDS
from clean_bench.problems import Problem
from clean_bench.prompts import render_prompt
from clean_bench.samples import (
    FINISHES,
    GREEDY,
    KEY,
    MODES,
    REPEAT,
    SAMPLE,
    SCHEMA,
    SCORES_SCHEMA,
    Decoding,
    Sample,
    Sampling,
    generate_completions,
    grade_completions,
    read_samples,
    request_samples,
    samples_table,
)

PROBLEM = Problem("p/1", "what is 3 plus 4?", "7")
DECODINGS = (Decoding(GREEDY), Decoding(SAMPLE, 0, 11), Decoding(SAMPLE, 1, 12))


class Scripted:
    """An engine that returns the texts in order and records the requests."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.requests: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        self.requests += requests
        for request, text in zip(requests, self._texts, strict=True):
            yield Completion(request.key, text, [5, 6], [-0.5, -0.25], "stop", [1, 2, 3])


def sample(**columns: Any) -> Sample:
    values: dict[str, Any] = {
        "set": "s", "problem_id": "p", "template": "raw", "mode": SAMPLE, "index": 0, "seed": 1,
        "gold": "7", "prompt": "P", "response": "R", "finish": "stop", "prompt_ids": [1],
        "token_ids": [2, 3], "logprobs": [-0.5, -1.0], "grade": "equal", "extracted": "7",
        "extraction": "box",
    }  # fmt: skip
    return Sample(**values | columns)


def test_a_request_has_the_prompt_the_seed_and_the_temperature_of_its_decoding() -> None:
    requests = request_samples("s", PROBLEM, "r1", None, DECODINGS, Sampling(99, 0.6))
    rendered = render_prompt(PROBLEM.problem, "r1", None)
    for request, decoding, temperature in zip(requests, DECODINGS, (0.0, 0.6, 0.6), strict=True):
        assert (request.set, request.template, request.problem) == ("s", "r1", PROBLEM)
        assert request.prompt == request.request.prompt == rendered.text
        assert request.decoding == decoding and request.request.seed == decoding.seed
        assert request.request.temperature == temperature
        assert request.request.max_tokens == 99
        assert request.request.stop == rendered.stop == ("</answer>",)
        assert request.request.special_tokens is rendered.special_tokens is True
    keys = [request.request.key for request in requests]
    assert keys == [f"s/r1/p/1/{mode}" for mode in ("greedy/0", "sample/0", "sample/1")]


def test_a_forced_beginning_is_prompted_and_belongs_to_the_response() -> None:
    sampling = Sampling(9, force_start="Well, ")
    requests = request_samples("s", PROBLEM, "raw", None, DECODINGS[:1], sampling)
    assert requests[0].prompt == PROBLEM.problem + "\n"
    assert requests[0].request.prompt == PROBLEM.problem + "\nWell, "
    [graded] = grade_completions(requests, generate_completions(Scripted("so 7"), requests))
    assert (graded.prompt, graded.response) == (PROBLEM.problem + "\n", "Well, so 7")


def test_generation_grades_nothing_and_grading_generates_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = request_samples("s", PROBLEM, "raw", None, DECODINGS, Sampling(9))
    engine = Scripted(r"\boxed{7}", r"\boxed{8}", "")
    with monkeypatch.context() as patch:
        patch.setattr(records, "grade", lambda *_, **__: pytest.fail("graded"))
        completions = generate_completions(engine, requests)
    assert engine.requests == [request.request for request in requests]
    assert [completion.text for completion in completions] == [r"\boxed{7}", r"\boxed{8}", ""]
    graded = grade_completions(requests, completions)
    assert len(engine.requests) == 3
    assert [entry.grade for entry in graded] == ["equal", "different", "no answer"]
    assert [entry.extracted for entry in graded] == ["7", "8", None]
    for entry, decoding in zip(graded, DECODINGS, strict=True):
        assert (entry.mode, entry.index, entry.seed) == astuple(decoding)
        assert (entry.set, entry.problem_id, entry.gold) == ("s", "p/1", "7")
        assert (entry.prompt_ids, entry.token_ids) == ([1, 2, 3], [5, 6])
        assert (entry.logprobs, entry.finish) == ([-0.5, -0.25], "stop")


def test_a_problem_without_an_answer_is_not_graded() -> None:
    requests = request_samples("s", Problem("1", "P"), "raw", None, DECODINGS[:1], Sampling(9))
    with pytest.raises(UserError, match="the gold answer is empty"):
        grade_completions(requests, generate_completions(Scripted(r"\boxed{7}"), requests))


def test_the_grader_is_the_one_that_is_named() -> None:
    requests = request_samples("s", PROBLEM, "raw", None, DECODINGS[:1], Sampling(9))
    completions = generate_completions(Scripted("it is 7 of 100"), requests)
    kinds = {
        grader: grade_completions(requests, completions, grader)[0].grade
        for grader in ("clean-bench", "spurious-rewards")
    }
    assert kinds["clean-bench"] != kinds["spurious-rewards"]


def test_a_repeated_request_is_the_same_request() -> None:
    [first] = request_samples("s", PROBLEM, "boxed", None, DECODINGS[:1], Sampling(9))
    again = replace(first, decoding=Decoding(REPEAT))
    assert again.request == first.request
    [graded] = grade_completions([again], generate_completions(Scripted(r"\boxed{7}"), [again]))
    assert (graded.mode, graded.index, graded.seed) == (REPEAT, 0, 0)
    # Requested as a repeat, it is decoded greedily too.
    [requested] = request_samples("s", PROBLEM, "boxed", None, [Decoding(REPEAT)], Sampling(9))
    assert replace(requested.request, key="") == replace(first.request, key="")


@pytest.mark.parametrize(
    ("grade", "score"),
    [("equal", 1.0), ("different", 0.0), ("no answer", 0.0), ("timeout", None), ("crash", None)],
)
def test_the_score_of_every_grade(grade: str, score: float | None) -> None:
    assert sample(grade=grade).score() == score
    assert grade in KINDS and len(KINDS) == 5


def test_the_schema_has_the_columns_of_a_sample() -> None:
    assert SCORES_SCHEMA.names == list(Sample.__dataclass_fields__)
    assert [*SCHEMA.names, records.FLEXIBLE, records.PUBLISHED] == SCORES_SCHEMA.names
    assert set(KEY) < set(SCHEMA.names)


def test_a_table_is_read_back_with_arrays_of_numbers(tmp_path: Any) -> None:
    first = sample(extracted=None, extraction=None)
    second = sample(index=1, prompt_ids=np.arange(3, dtype=np.int32), token_ids=[], logprobs=[])
    table = samples_table([first, second])
    assert table.schema == SCHEMA
    pq.write_table(table, tmp_path / "samples.parquet")
    one, other = read_samples(pq.read_table(tmp_path / "samples.parquet"))
    assert isinstance(one.prompt_ids, np.ndarray) and one.prompt_ids.dtype == np.int32
    assert isinstance(one.logprobs, np.ndarray) and one.logprobs.dtype == np.float32
    assert (list(one.token_ids), list(one.logprobs)) == ([2, 3], [-0.5, -1.0])
    assert (one.extracted, one.extraction) == (None, None)
    assert list(other.prompt_ids) == [0, 1, 2]
    assert len(other.token_ids) == len(other.logprobs) == 0
    # Samples that were read can be stored again.
    assert samples_table([one, other]) == table


def test_nothing_is_a_table_too() -> None:
    assert samples_table([]).schema == SCHEMA
    assert list(read_samples(samples_table([]))) == []


def test_several_chunks_and_further_columns_are_read() -> None:
    rows = [sample(index=i, token_ids=[i] * i, logprobs=[-1.0] * i) for i in range(5)]
    parts = [samples_table(rows[:2]), samples_table([]), samples_table(rows[2:])]
    table = pa.concat_tables(parts).append_column("advantage", pa.array([0.0] * 5))
    assert [list(entry.token_ids) for entry in read_samples(table)] == [[i] * i for i in range(5)]
    # A slice begins in the middle of the arrays of its chunk.
    sliced = list(read_samples(table.slice(3, 2)))
    assert [(entry.index, list(entry.token_ids)) for entry in sliced] == [
        (3, [3] * 3),
        (4, [4] * 4),
    ]


@pytest.mark.parametrize(
    ("text", "stored"), [("a\ud800b", "a?b"), ("\udfff", "?"), ("é𝔸\x00\u2028", "é𝔸\x00\u2028")]
)
def test_lone_surrogates_are_replaced_in_responses(text: str, stored: str) -> None:
    requests = request_samples("s", PROBLEM, "raw", None, DECODINGS[:1], Sampling(9))
    graded = grade_completions(requests, generate_completions(Scripted(text), requests))
    assert graded[0].response == stored
    assert next(read_samples(samples_table(graded))).response == stored


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ids = st.lists(st.integers(0, 2**31 - 1), max_size=4)
drawn_samples = st.builds(
    Sample,
    set=texts,
    problem_id=texts,
    template=texts,
    mode=st.sampled_from(MODES),
    index=st.integers(0, 2**31 - 1),
    seed=st.integers(0, 2**63 - 1),
    gold=texts,
    prompt=texts,
    response=texts,
    finish=st.sampled_from(FINISHES),
    prompt_ids=ids,
    token_ids=ids,
    logprobs=st.lists(st.floats(max_value=0, allow_infinity=False, width=32), max_size=4),
    grade=st.sampled_from(KINDS),
    extracted=st.none() | texts,
    extraction=st.none() | texts,
)


@given(st.lists(drawn_samples, max_size=5))
def test_what_is_stored_is_what_is_read(samples: list[Sample]) -> None:
    read = [
        replace(
            entry,
            prompt_ids=list(entry.prompt_ids),
            token_ids=list(entry.token_ids),
            logprobs=list(entry.logprobs),
        )
        for entry in read_samples(samples_table(samples))
    ]
    assert read == samples
