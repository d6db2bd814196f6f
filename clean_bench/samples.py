"""Samples: the one record of a graded completion, how it is made, and how it is stored.

    requests = request_samples(problems.name, problem, "boxed", tokenizer, decodings, Sampling(512, 1.0))
    completions = generate_completions(engine, requests)
    samples = grade_completions(requests, completions)
    artifact.write("samples/00000", samples_table(samples))

Scoring, training and behaviors share the record. A rollout is a sample with the training step, the
rewards and the advantage as further columns, so every reader of samples reads a training run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa

from clean_bench import prompts
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.engines.counted import counted_completions
from clean_bench.grading import Grade, grade, score_of, tier_of
from clean_bench.problems import Problem

TABLE = "samples"
GREEDY, SAMPLE, REPEAT = "greedy", "sample", "repeat"
MODES = (GREEDY, SAMPLE, REPEAT)
"""How a completion was decoded: greedily, sampled, or greedily a second time in another batch."""
FINISHES = ("stop", "length", "overlong", "unknown")
"""Why a completion ended; see `clean_bench.engines.base.Completion`. "unknown" where a server gave
another reason, or the file of another tool does not state it."""

KEY = ("set", "problem_id", "template", "mode", "index")
"""Columns that no two samples of one checkpoint share."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One graded completion.

    `prompt` followed by `response` is the whole text: a forced beginning belongs to the response.
    `prompt_ids` are the tokens that the checkpoint read, a forced beginning included; `token_ids` are
    those it generated, the end token included, with `logprobs` (natural log, of the distribution that
    was sampled from: after temperature, top-k and top-p, renormalized) for each; all three are empty
    where the tokens are not known (`has_tokens`). `finish` is one of `FINISHES`. `grade` is the kind of
    a `clean_bench.grading.Grade`; `extracted` is the answer, `extraction` the rule that extracted it.

    Scores hold two grades. `grade` is the headline: the strict one where the template asks for a format
    of the answer, else the flexible one. `grade_flexible` is the flexible one, whose answer and rule
    `extracted` and `extraction` are; `strict_kind` gives the strict one. It is None in rollouts and
    probes, which have one grade, and in scores of earlier versions, where the two are equal.
    `grade_published` is the kind by the rules of published numbers, for the few sets that have others
    (`clean_bench.scoring.published`); else None.
    """

    set: str
    problem_id: str
    template: str
    mode: str
    index: int
    seed: int
    gold: str
    prompt: str
    response: str
    finish: str
    prompt_ids: Sequence[int]
    token_ids: Sequence[int]
    logprobs: Sequence[float]
    grade: str
    extracted: str | None
    extraction: str | None
    grade_flexible: str | None = None
    grade_published: str | None = None

    def score(self) -> float | None:
        """1 for a correct answer, 0 for a wrong or missing one, None where the grader was undecided."""
        return score_of(self.grade)


_TYPES = {
    "index": pa.int32(),
    "seed": pa.int64(),
    **dict.fromkeys(("prompt_ids", "token_ids"), pa.list_(pa.int32())),
    "logprobs": pa.list_(pa.float32()),
}
FLEXIBLE, PUBLISHED = "grade_flexible", "grade_published"
SCORES_SCHEMA = pa.schema([(f.name, _TYPES.get(f.name, pa.string())) for f in fields(Sample)])
"""The columns of the samples of a score."""
SCHEMA = pa.schema([field for field in SCORES_SCHEMA if field.name not in (FLEXIBLE, PUBLISHED)])
"""The columns of samples with one grade: rollouts, probes, and scores of earlier versions."""
WHOLE = tuple(name for name in SCHEMA.names if name not in ("extracted", "extraction"))
"""Columns in which every row has a value."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are decoded.

    Greedy requests ignore temperature, `top_p` and `top_k`; responses begin with `force_start` and end
    after a text of `stop`. `prompting` says for the protocol what the prompts have beside the template.
    """

    max_tokens: int
    temperature: float = 1.0
    force_start: str = ""
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    prompting: str = ""

    def protocol(self, mode: str, grader: str = "clean-bench") -> str:
        """The protocol of completions of a mode, as the results name it."""
        parts = [f"temperature {self.temperature:g}" if mode == SAMPLE else "greedy"]
        if mode == SAMPLE and self.top_p < 1:
            parts.append(f"top-p {self.top_p:g}")
        if mode == SAMPLE and self.top_k:
            parts.append(f"top-k {self.top_k}")
        parts.append(f"{self.max_tokens} tokens")
        if self.force_start:
            parts.append(f"forced start {self.force_start!r}")
        if self.stop:
            parts.append(f"stop {' '.join(map(repr, self.stop))}")
        if self.prompting:
            parts.append(self.prompting)
        return ", ".join([*parts, f"grader {grader}"])


@dataclass(frozen=True, slots=True)
class Decoding:
    """One completion of a problem: its mode, its index within the mode, and its seed."""

    mode: str
    index: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A request to an engine, and the columns of the sample that it becomes.

    `prompt` is the request's prompt without the forced beginning of the response.
    """

    set: str
    problem: Problem
    template: str
    decoding: Decoding
    prompt: str
    force_start: str
    request: Request


def request_samples(
    set_name: str,
    problem: Problem,
    template: str | prompts.Template,
    tokenizer: Any,
    decodings: Iterable[Decoding],
    sampling: Sampling,
) -> list[SampleRequest]:
    """The requests of one problem under one template, a name or a `Template`.

    Raises:
        UserError: as `prompts.render_prompt`.
    """
    prompt = prompts.render_prompt(problem.problem, template, tokenizer)
    text = prompt.text + prompt.gap if sampling.force_start else prompt.text
    prompt = replace(prompt, text=text)
    name = template if isinstance(template, str) else template.name
    return [
        request_sample(set_name, problem, name, decoding, prompt, sampling)
        for decoding in decodings
    ]


def request_sample(
    set_name: str,
    problem: Problem,
    template: str,
    decoding: Decoding,
    prompt: prompts.Prompt,
    sampling: Sampling,
) -> SampleRequest:
    """The request of one completion, for a rendered prompt. Every request to an engine is made here."""
    messages = prompt.messages
    if messages and sampling.force_start:
        messages = (*messages, ("assistant", sampling.force_start))
    sampled = decoding.mode == SAMPLE
    request = Request(
        key=f"{set_name}/{template}/{problem.id}/{decoding.mode}/{decoding.index}",
        prompt=prompt.text + sampling.force_start,
        seed=decoding.seed,
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature if sampled else 0.0,
        special_tokens=prompt.special_tokens,
        stop=tuple(dict.fromkeys((*prompt.stop, *sampling.stop))),
        top_p=sampling.top_p if sampled else 1.0,
        top_k=sampling.top_k if sampled else 0,
        messages=messages,
    )
    return SampleRequest(
        set_name, problem, template, decoding, prompt.text, sampling.force_start, request
    )


def generate_completions(
    engine: Engine,
    requests: Sequence[SampleRequest],
    progress: Callable[[Completion], None] = lambda completion: None,
) -> list[Completion]:
    """The completions of requests, in order, not graded.

    Args:
        progress: called once for each completion, as soon as it has ended.
    """
    return counted_completions(engine, [request.request for request in requests], progress)


def grade_completions(
    requests: Sequence[SampleRequest],
    completions: Sequence[Completion],
    grader: str = "clean-bench",
    strict: Callable[[str], bool] | None = None,
) -> list[Sample]:
    """Samples from completions: the answers are extracted and compared with the gold answers.

    Args:
        strict: whether the strict grade is the headline of a template, by its name. Without it the
            strict grade is the only one, as in training.

    Raises:
        UserError: for an unknown grader, or a problem without an answer.
    """
    golds = [request.problem.answer or "" for request in requests]
    pairs = zip(requests, completions, strict=True)
    responses = [storable(request.force_start + completion.text) for request, completion in pairs]
    grades = grade(list(zip(golds, responses, strict=True)), grader=grader)
    headlines = [
        graded.strict if strict is None or strict(request.template) else graded
        for request, graded in zip(requests, grades, strict=True)
    ]
    samples = map(to_sample, requests, completions, golds, headlines)
    if strict is None:
        return list(samples)
    return [
        with_grades(sample, headline, graded)
        for sample, headline, graded in zip(samples, headlines, grades, strict=True)
    ]


def with_grades(sample: Sample, headline: Grade, flexible: Grade) -> Sample:
    """The sample of a score with its two grades."""
    return replace(
        sample,
        grade=headline.kind,
        grade_flexible=flexible.kind,
        extracted=flexible.extracted,
        extraction=flexible.extraction,
    )


def strict_kind(flexible: str, extraction: str | None) -> str:
    """The kind of the strict grade, from that of the flexible one and the rule of its answer."""
    return "no answer" if tier_of(extraction) == "fallback" else flexible


def counted_answer(grade: str | None, extracted: str | None) -> str | None:
    """The answer that a grade is of; None where that grade is "no answer".

    A strict grade is "no answer" where only the flexible extraction located an answer.
    """
    return None if grade == "no answer" else extracted


def to_sample(request: SampleRequest, completion: Completion, gold: str, graded: Grade) -> Sample:
    """The sample of a request, its completion and its grade."""
    return Sample(
        request.set,
        request.problem.id,
        request.template,
        request.decoding.mode,
        request.decoding.index,
        request.decoding.seed,
        gold,
        request.prompt,
        storable(request.force_start + completion.text),
        completion.finish,
        completion.prompt_ids,
        completion.token_ids,
        completion.logprobs,
        graded.kind,
        graded.extracted,
        graded.extraction,
    )


def samples_table(samples: Sequence[Sample], schema: pa.Schema = SCHEMA) -> pa.Table:
    """Samples as a table in the columns of a schema, `SCHEMA` or `SCORES_SCHEMA`."""
    return pa.table(
        {name: [getattr(sample, name) for sample in samples] for name in schema.names}, schema
    )


def read_samples(table: pa.Table) -> Iterator[Sample]:
    """The samples of a table that holds the columns of `SCHEMA`; token columns become numpy arrays."""
    schema = [field for field in SCORES_SCHEMA if field.name in table.column_names]
    columns = [
        arrays(table[field.name]) if pa.types.is_list(field.type) else table[field.name].to_pylist()
        for field in schema
    ]
    return (Sample(*row) for row in zip(*columns, strict=True))


def arrays(column: pa.ChunkedArray) -> list[Any]:
    """One numpy array per row of a column of lists."""
    rows: list[Any] = []
    for chunk in column.chunks:
        values = chunk.flatten().to_numpy(zero_copy_only=False)
        lengths = chunk.value_lengths().to_numpy(zero_copy_only=False)
        rows += np.split(values, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return rows


def protocol_of_files(formats: Sequence[str], temperature: float | None, grader: str) -> str:
    """The protocol of completions of other tools, as the results name it."""
    stated = "not stated" if temperature is None else f"{temperature:g}"
    return f"completions of {', '.join(formats)}, temperature {stated}, grader {grader}"


def has_tokens(config: Mapping[str, Any]) -> bool:
    """Whether the samples of an artifact hold their tokens, from its configuration.

    Completions of other tools, and of servers that return no tokens, hold none.
    """
    engine = config.get("engine")
    return not (isinstance(engine, Mapping) and engine.get("tokens") is False)


def has_two_grades(config: Mapping[str, Any]) -> bool:
    """Whether the samples of a score hold the flexible grade too, from its configuration.

    The setting `tolerance` came with it; scores of earlier versions have neither.
    """
    return "tolerance" in config


def storable(text: str) -> str:
    """The text with every lone surrogate, which UTF-8 cannot encode, replaced by `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")
