"""The artifact: numbers by hand, what is refused, and what verification finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from clean_bench.artifacts import Artifact, Failure, verify
from clean_bench.behaviors.checks import check_behaviors
from clean_bench.behaviors.features import SCHEMA, TABLE
from clean_bench.behaviors.run import Reference, analyze_behaviors
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.progress import Advance
from clean_bench.results import Results

Write = Callable[..., Path]
Row = dict[str, Any]

# The scores inside are made by hand here, and grading is tested with scoring.
CHECKS = {"behaviors": check_behaviors, "scores": lambda artifact: []}


def row(problem: int, response: str, correct: bool | None, **other: Any) -> Row:
    grade = {True: "equal", False: "different", None: "timeout"}[correct]
    return {"problem_id": str(problem), "response": response, "grade": grade, **other}


def reference(name: str, weights: str, engine: TransformersEngine) -> Reference:
    """A reference checkpoint whose hash of the weights is given and not computed."""
    checkpoint = Checkpoint(name, Path("nowhere"))
    checkpoint.__dict__["weights_sha256"] = weights
    return Reference(checkpoint, engine)


BEFORE = [
    row(0, r"In Python: \boxed{1}", True, token_ids=[1, 2, 3], logprobs=[0.0, 0.0, 0.0]),
    row(1, "答案是不知道", False, token_ids=[1], logprobs=[np.log(0.5)], finish="length"),
    row(2, r"it is \boxed{}", False),
    row(3, r"it is \boxed{7}", None),
    row(4, r"use python \boxed{3}", False),
    row(5, "abcdefghij" * 10 + " да", True),
]
AFTER = [
    row(0, r"In words \boxed{1}", True),
    row(1, r"with python \boxed{1}", True),
    row(2, r"it is \boxed{}", False),
    row(3, r"it is \boxed{7}", True),
    row(4, r"use python \boxed{1}", True),
    row(9, r"use python \boxed{1}", True),
]


def test_numbers_by_hand(write_scores: Write, tmp_path: Path) -> None:
    artifact = analyze_behaviors(write_scores("before", BEFORE), tmp_path / "out")
    results = Results.read(artifact)
    assert artifact.metadata["counts"] == {
        "completions": [
            {
                "side": "before", "set": "s", "template": "raw", "step": None, "mode": "greedy",
                "problems": 6, "completions": 6, "undecided": 1,
            }
        ],
        "pairs": [],
        "left_out": [],
        "differs": {},
    }  # fmt: skip
    expected = {
        ("code", None): 2 / 6,
        ("accuracy", None): 2 / 5,
        ("accuracy", "with code"): 1 / 2,
        ("accuracy", "without code"): 1 / 3,
        ("boxed", None): 3 / 6,
        ("truncated", None): 1 / 6,
        ("repeats", None): 1 / 6,
        ("mixed", None): 0.0,
        ("tokens", None): (3 + 1 + 2 + 2 + 2 + 2) / 6,
        ("tokens", "correct"): 2.5,
        ("tokens", "incorrect"): 5 / 3,
        ("cjk", None): 6 / (8 + 6 + 4 + 4 + 9 + 102),
        ("other_scripts", None): 2 / (8 + 6 + 4 + 4 + 9 + 102),
        ("probability", None): (3 + 0.5 + 4 * (np.exp(-0.5) + np.exp(-0.25))) / 12,
    }
    for (measure, subset), value in expected.items():
        result = results.where(measure=measure, subset=subset).one()
        assert result.value == pytest.approx(value), measure
        assert result.estimate.low <= value <= result.estimate.high + 1e-12
    # One completion per problem: no mutual information, and every row has the same identity.
    assert "mutual_information" not in results.values_of("measure")
    identity = {
        "checkpoint": "model before",
        "weights_sha256": "before" * 8,
        "set": "s",
        "set_sha256": "hash of s",
        "role": "public",
        "template": "raw",
        "protocol": "greedy, 64 tokens, grader clean-bench",
        "step": None,
        "arm": None,
        "versus": None,
    }
    assert len(results.where(**identity)) == len(results)
    assert artifact.config["after"] is None
    assert verify(tmp_path / "out", CHECKS) == []


def test_before_and_after_on_what_they_share(write_scores: Write, tmp_path: Path) -> None:
    before, after = write_scores("before", BEFORE), write_scores("after", AFTER)
    artifact = analyze_behaviors(before, tmp_path / "out", after=after)
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    assert [(entry["side"], entry["problems"]) for entry in counts["completions"]] == [
        ("before", 5),
        ("after", 5),
    ]
    assert counts["left_out"] == [
        {"set": "s", "template": "raw", "step": None, "before": 1, "after": 1}
    ]
    [pairs] = counts["pairs"]
    assert {cell: pairs[cell] for cell in ("CC", "CL", "LC", "LL")} == {
        "CC": 1, "CL": 1, "LC": 1, "LL": 1
    }  # fmt: skip
    assert (pairs["all"], pairs["undecided"]) == (4, 1)
    gain = results.where(measure="gain:accuracy").one()
    assert (gain.value, gain.subset, gain.versus) == (2 / 4, "all pairs", "checkpoint=before")
    shares = results.where(measure="share_of_gain")
    assert [(row.subset, row.value) for row in shares] == [
        ("CC", 0.5), ("CL", 0), ("LC", 0.5), ("LL", 0)
    ]  # fmt: skip
    assert results.where(measure="identical").one().value == pytest.approx(2 / 5)
    # The same tokens were stored for problems 2 to 4, whatever their text.
    same = results.where(measure="log_ratio").one()
    assert (same.subset, same.versus, same.value, same.n) == (
        "same tokens", "checkpoint=before", 0, 3
    )  # fmt: skip
    information = results.where(measure="mutual_information")
    assert {row.versus for row in information} == {"checkpoint=before"}
    assert {row.checkpoint for row in information} == {"after"}
    assert {row.protocol for row in information} == {"greedy, 64 tokens, grader clean-bench"}
    for side, folder in (("before", before), ("after", after)):
        scores = Artifact.load(folder)
        assert artifact.config[side] == {
            "kind": "scores",
            "identity_sha256": scores.manifest["identity_sha256"],
            "content_sha256": scores.manifest["tables"]["samples"]["content_sha256"],
            "weights_sha256": side * 8,
        }
    assert verify(tmp_path / "out", CHECKS) == []


def test_samples_templates_and_repeats(write_scores: Write, tmp_path: Path) -> None:
    rows = [
        row(i, f"word{'abc'[i]} {mode} {template}", True, mode=mode, index=j, template=template)
        for i in range(3)
        for template in ("raw", "boxed")
        for mode, count in (("greedy", 1), ("sample", 4), ("repeat", 1))
        for j in range(count)
    ]
    artifact = analyze_behaviors(write_scores("before", rows), tmp_path / "out")
    results = Results.read(artifact)
    assert results.values_of("template") == ["raw", "boxed"]
    assert [
        (entry["template"], entry["mode"], entry["problems"], entry["completions"])
        for entry in artifact.metadata["counts"]["completions"]
    ] == [
        ("raw", "greedy", 3, 3),
        ("raw", "sample", 3, 12),
        ("boxed", "greedy", 3, 3),
        ("boxed", "sample", 3, 12),
    ]
    for template in ("raw", "boxed"):
        # Of five completions a problem, the second and the fourth are judged: samples 0 and 2.
        part = results.where(template=template, subset="beyond copying")
        retrieved = part.where(measure="retrieved").one()
        assert (retrieved.value, retrieved.n) == (1, 3)
        assert retrieved.protocol == "temperature 1, 64 tokens, grader clean-bench"
        assert part.where(measure="mutual_information_p").one().method == "999 permutations"
    assert len(artifact.rows(TABLE)) == 30


def test_what_is_refused(write_scores: Write, tmp_path: Path) -> None:
    before = write_scores("before", BEFORE)
    out = tmp_path / "out"
    with pytest.raises(UserError, match="no clean-bench artifact"):
        analyze_behaviors(tmp_path / "nothing", out)
    with Artifact.open(tmp_path / "probe", "probe", {}) as probe:
        probe.finish({})
    with pytest.raises(UserError, match="expected a folder of score or train, got a probe"):
        analyze_behaviors(tmp_path / "probe", out)
    with pytest.raises(UserError, match=r"no problem in common: before s under raw; after t un"):
        analyze_behaviors(
            before, out, after=write_scores("t", [{**sample, "set": "t"} for sample in AFTER])
        )
    with pytest.raises(UserError, match="after s under chat"):
        analyze_behaviors(
            before,
            out,
            after=write_scores("c", [{**sample, "template": "chat"} for sample in AFTER]),
        )
    with pytest.raises(UserError, match=r"problem 0 of s has the gold answer '2', expected '1'"):
        analyze_behaviors(
            before, out, after=write_scores("g", [{**sample, "gold": "2"} for sample in AFTER])
        )
    with pytest.raises(UserError, match="s, raw: 0, greedy 0 occurs twice"):
        analyze_behaviors(write_scores("twice", [*BEFORE, BEFORE[0]]), out)
    with pytest.raises(UserError, match="holds no samples"):
        analyze_behaviors(
            write_scores("none", [{**sample, "mode": "repeat"} for sample in BEFORE]), out
        )
    with pytest.raises(UserError, match="choose another folder"):
        analyze_behaviors(before, before / "behaviors")
    assert not (before / "behaviors").exists() and not out.exists()
    analyze_behaviors(before, out)
    with pytest.raises(UserError, match="was begun with before"):
        analyze_behaviors(write_scores("other", AFTER), out)


def failures_after(out: Path, change: Callable[[Artifact], None]) -> list[Failure]:
    """Change a finished artifact and seal it again, as a careful forger would."""
    artifact = Artifact.load(out)
    change(artifact)
    artifact.finish(artifact.metadata)
    return verify(out, CHECKS)


def rewritten(artifact: Artifact, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    [shard] = artifact.shards(table)
    with pq.ParquetFile(shard) as file:
        stored = file.read()
    rows = change(stored.to_pylist())
    artifact.write(f"{table}/{shard.stem}", pa.Table.from_pylist(rows, schema=stored.schema))


def test_edits_are_found(write_scores: Write, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    analyze_behaviors(write_scores("before", BEFORE), whole, after=write_scores("after", AFTER))
    other = write_scores("other", [{**AFTER[0], "response": "python"}, *AFTER[1:]])

    def edit(name: str, value: Any, table: str = TABLE) -> Callable[[Artifact], None]:
        def change(rows: list[Row]) -> list[Row]:
            rows[2][name] = value
            return rows

        return lambda artifact: rewritten(artifact, table, change)

    def counts(artifact: Artifact) -> None:
        artifact.manifest["metadata"]["counts"]["pairs"][0]["LC"] = 4

    def dropped(artifact: Artifact) -> None:
        rewritten(artifact, "results", lambda rows: rows[:-1])

    def exchanged(artifact: Artifact) -> None:
        shutil.rmtree(artifact.folder / "after")
        shutil.copytree(other, artifact.folder / "after")

    changes: dict[str, tuple[Callable[[Artifact], None], str]] = {
        "code": (edit("code", True), "features row 2: code is stored as True"),
        "tokens": (edit("tokens", 77), "features row 2: tokens is stored as 77"),
        "side": (edit("side", "after"), "features row 2: side is stored as 'after'"),
        "short": (
            lambda artifact: rewritten(artifact, TABLE, lambda rows: rows[:-1]),
            "features: has 9 rows, and 10 follow",
        ),
        "value": (
            edit("value", 0.9, "results"),
            "results row 2 (s, accuracy): value is stored as 0.9",
        ),
        "high": (
            edit("high", 0.9, "results"),
            "results row 2 (s, accuracy): high is stored as 0.9",
        ),
        "role": (edit("role", "twin", "results"), "results row 2 (s, accuracy): role is stored"),
        "dropped": (dropped, "results: has "),
        "counts": (counts, "manifest.json: the counts do not follow"),
        "exchanged": (exchanged, "after: is not the input that the configuration names"),
        "similarity": (
            edit("across", 0.5, "similarity"),
            "similarity row 2: across is stored as 0.5",
        ),
    }
    for name, (change, message) in changes.items():
        shutil.copytree(whole, tmp_path / f"edited-{name}")
        failures = failures_after(tmp_path / f"edited-{name}", change)
        assert any(str(failure).startswith(message) for failure in failures), (name, failures)


def test_the_scores_inside_are_checked_too(write_scores: Write, tmp_path: Path) -> None:
    analyze_behaviors(write_scores("before", BEFORE), tmp_path / "out")
    strict = {**CHECKS, "scores": lambda artifact: [Failure("row 1", "grades differently")]}
    assert [str(failure) for failure in verify(tmp_path / "out", strict)] == [
        "before/row 1: grades differently"
    ]


def test_the_features_are_those_of_the_schema(write_scores: Write, tmp_path: Path) -> None:
    artifact = analyze_behaviors(write_scores("before", BEFORE), tmp_path / "out")
    rows = artifact.rows(TABLE)
    assert list(rows[0]) == SCHEMA.names
    assert [row["problem_id"] for row in rows] == [sample["problem_id"] for sample in BEFORE]
    again = analyze_behaviors(tmp_path / "before", tmp_path / "out")
    assert again.manifest == artifact.manifest


@pytest.mark.processes
def test_hostile_text_has_numbers(write_scores: Write, tmp_path: Path) -> None:
    """Texts of 100 thousand characters, none of which may stop or stall anything."""
    texts = [
        "\\boxed{" * 14_000,
        "{" * 100_000,
        "\0" * 100_000,
        "\u202e\u0627\u0628" * 33_000,
        "".join(chr(0x20 + i * 7919 % 0xD7A0) for i in range(100_000)),
        "\ufdfa" * 100_000,
        "a b " * 25_000,
        "1" * 100_000,
        " " * 100_000,
    ]
    rows = [row(i, text, False) for i, text in enumerate(texts)]
    before = write_scores("before", rows)
    after = write_scores("after", [row(i, text[1:], False) for i, text in enumerate(texts)])
    artifact = analyze_behaviors(before, tmp_path / "out", after=after)
    stored = artifact.rows(TABLE)
    assert [features["characters"] for features in stored[: len(texts)]] == [
        len(text) for text in texts
    ]
    # The Unicode walk alone repeats nothing.
    assert [features["repeats"] for features in stored[: len(texts)]] == [
        i != 4 for i in range(len(texts))
    ]
    similarity = Results.read(artifact).where(measure="similarity").one().value
    # One character less is another word where all is one word: of "\ufdfa" and of "1".
    assert similarity == pytest.approx(7 / 9, abs=1e-3)
    assert verify(tmp_path / "out", CHECKS) == []


def sampled(engine: TransformersEngine, *, temperature: float = 1.0, start: str = "") -> list[Row]:
    """Rows of an engine's own completions: 25 problems, one greedy and three sampled each."""
    requests = [
        Request(
            f"{i}/{j}",
            f"problem number {i}" + start,
            seed=1000 * i + j,
            max_tokens=12,
            temperature=temperature if j else 0.0,
        )
        for i in range(25)
        for j in range(4)
    ]
    rows = []
    for request, completion in zip(requests, engine.generate(requests), strict=True):
        problem, number = map(int, completion.key.split("/"))
        rows.append(
            row(
                problem,
                start + completion.text,
                False,
                mode="sample" if number else "greedy",
                index=max(number - 1, 0),
                seed=request.seed,
                prompt=request.prompt.removesuffix(start),
                prompt_ids=completion.prompt_ids,
                token_ids=completion.token_ids,
                logprobs=completion.logprobs,
                finish=completion.finish,
            )
        )
    return rows


@pytest.fixture(scope="module")
def pair(tiny_checkpoint: Path) -> tuple[TransformersEngine, TransformersEngine]:
    """The tiny checkpoint, and one like it with moved weights."""
    own, moved = (TransformersEngine.load(tiny_checkpoint) for _ in range(2))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in moved.model.parameters():
            if tensor.dim() > 1:
                noise = torch.randn(tensor.shape, generator=generator)
                tensor.add_(4 * tensor.std() * noise)
    return own, moved


@torch.inference_mode()
def exact_divergence(
    rows: list[Row], own: TransformersEngine, moved: TransformersEngine, start: str
) -> float:
    """The mean over sampled tokens of KL between the two next-token distributions, all of them."""
    total, tokens = 0.0, 0
    for sample in rows:
        if sample["mode"] == "greedy":
            continue
        prefix = own.encode(sample["prompt"] + start)
        ids = torch.tensor([[*prefix, *sample["token_ids"]]])
        p, q = (
            engine.model(input_ids=ids).logits[0, len(prefix) - 1 : -1].double().log_softmax(-1)
            for engine in (own, moved)
        )
        total += float((p.exp() * (p - q)).sum())
        tokens += len(sample["token_ids"])
    return total / tokens


@pytest.mark.parametrize("start", ["", "It is"])
def test_divergence_of_two_checkpoints(
    write_scores: Write,
    tmp_path: Path,
    pair: tuple[TransformersEngine, TransformersEngine],
    start: str,
) -> None:
    own, moved = pair
    rows = sampled(own, start=start)
    before = write_scores("before", rows, weights="a" * 64, force_start=start)
    artifact = analyze_behaviors(
        before, tmp_path / "out", reference=reference("moved", "b" * 64, moved)
    )
    results = Results.read(artifact).where(versus="checkpoint=with")
    exact = exact_divergence(rows, own, moved, start)
    assert exact > 0.02
    for name in ("kl", "kl_k3"):
        estimate = results.where(measure=name).one()
        assert estimate.protocol.startswith("temperature 1, 64 tokens")
        assert estimate.low is not None and estimate.high is not None
        assert estimate.low <= exact <= estimate.high, (name, exact)
    greedy = results.where(measure="log_ratio").one()
    assert len(results) == 3 and greedy.protocol.startswith("greedy, 64 tokens")
    # Of greedy text it may be negative, which no divergence is.
    ratios = [
        np.subtract(sample["logprobs"], rescored["logprobs"])
        for sample, rescored in zip(rows, artifact.rows("rescored"), strict=True)
        if sample["mode"] == "greedy"
    ]
    assert greedy.value == pytest.approx(np.concatenate(ratios).mean())
    assert verify(tmp_path / "out", CHECKS) == []
    # Under the checkpoint that wrote it, the text is as probable as when it was written.
    itself = reference("itself", "a" * 64, own)
    same = Results.read(analyze_behaviors(before, tmp_path / "same", reference=itself))
    for name in ("kl", "log_ratio"):
        assert same.where(measure=name).one().value == pytest.approx(0, abs=1e-5)


def test_what_a_checkpoint_wrote_itself_is_not_read_beside_another(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    before = write_scores("before", sampled(own), weights="a" * 64)
    after = write_scores("after", sampled(moved), weights="b" * 64)
    artifact = analyze_behaviors(
        before, tmp_path / "out", after=after, reference=reference("m", "b" * 64, moved)
    )
    divergences = Results.read(artifact).where(versus="checkpoint=with")
    assert divergences.values_of("measure") == ["log_ratio", "kl", "kl_k3"]
    assert divergences.values_of("checkpoint") == ["before"]

    def cut(artifact: Artifact) -> None:
        rewritten(artifact, "rescored", lambda rows: rows[:-1])

    def louder(artifact: Artifact) -> None:
        rewritten(
            artifact,
            "rescored",
            lambda rows: [{**row, "logprobs": [x - 1 for x in row["logprobs"]]} for row in rows],
        )

    shutil.copytree(tmp_path / "out", tmp_path / "again")
    [first, *_] = failures_after(tmp_path / "out", cut)
    assert str(first) == "rescored: does not hold the 100 samples that --with reads"
    failures = failures_after(tmp_path / "again", louder)
    assert any("(s, kl): value is stored as" in str(failure) for failure in failures)


def test_samples_at_another_temperature_are_no_divergence(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    before = write_scores("before", sampled(own, temperature=0.5), temperature=0.5)
    moved_reference = reference("moved", "b" * 64, moved)
    artifact = analyze_behaviors(before, tmp_path / "out", reference=moved_reference)
    results = Results.read(artifact).where(versus="checkpoint=with")
    assert results.values_of("measure") == ["log_ratio"]
    assert {row["mode"] for row in artifact.rows("rescored")} == {"greedy"}
    only = [row for row in sampled(own, temperature=0.5) if row["mode"] == "sample"]
    with pytest.raises(UserError, match="greedy or sampled at temperature 1"):
        analyze_behaviors(
            write_scores("hot", only, temperature=0.5),
            tmp_path / "hot-out",
            reference=moved_reference,
        )


@pytest.mark.parametrize("restriction", [{"top_p": 0.9}, {"top_k": 5}])
def test_samples_from_some_of_the_tokens_are_no_divergence(
    write_scores: Write,
    tmp_path: Path,
    pair: tuple[TransformersEngine, TransformersEngine],
    restriction: dict[str, float],
) -> None:
    """Their log-probabilities are renormalized, those of the reference are over all tokens."""
    own, moved = pair
    before = write_scores("before", sampled(own, temperature=1.0), **restriction)
    artifact = analyze_behaviors(
        before, tmp_path / "out", reference=reference("moved", "b" * 64, moved)
    )
    results = Results.read(artifact).where(versus="checkpoint=with")
    assert results.values_of("measure") == ["log_ratio"]
    assert {row["mode"] for row in artifact.rows("rescored")} == {"greedy"}


def test_another_vocabulary_is_refused(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    foreign = [{**row, "response": "something else"} for row in sampled(own)]
    other = reference("moved", "b" * 64, moved)
    with pytest.raises(UserError, match="--with moved: its tokenizer decodes the tokens"):
        analyze_behaviors(write_scores("before", foreign), tmp_path / "out", reference=other)
    assert not (tmp_path / "out").exists()


def test_a_killed_reading_continues(
    write_scores: Write,
    tmp_path: Path,
    pair: tuple[TransformersEngine, TransformersEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clean_bench.behaviors.rescore.SHARD", 30)
    own, moved = pair
    before = write_scores("before", sampled(own))
    other = reference("moved", "b" * 64, moved)
    whole = analyze_behaviors(before, tmp_path / "whole", reference=other)

    def dies_after(rows: int) -> Advance:
        done = 0

        def progress(n: int, *, tokens: int = 0, resumed: bool = False) -> None:
            nonlocal done
            done += n
            if done > rows:
                raise KeyboardInterrupt

        return progress

    for rows in (0, 30, 30):
        with pytest.raises(KeyboardInterrupt):
            analyze_behaviors(before, tmp_path / "cut", reference=other, progress=dies_after(rows))
        assert len(list((tmp_path / "cut" / "rescored").glob("*.parquet"))) == (rows > 0)
    again = analyze_behaviors(before, tmp_path / "cut", reference=other)
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
