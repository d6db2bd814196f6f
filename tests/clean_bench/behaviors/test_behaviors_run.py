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
from clean_bench.behaviors.checks import verify_behaviors
from clean_bench.behaviors.features import SCHEMA, TABLE
from clean_bench.behaviors.rescore import Other
from clean_bench.behaviors.run import behave
from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError

Write = Callable[..., Path]
Row = dict[str, Any]

# The scores inside are made by hand here, and grading is tested with scoring.
VERIFIERS = {"behaviors": verify_behaviors, "scores": lambda artifact: []}


def row(problem: int, response: str, correct: bool | None, **other: Any) -> Row:
    verdict = {True: "equal", False: "different", None: "timeout"}[correct]
    return {"problem_id": str(problem), "response": response, "verdict": verdict, **other}


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
    artifact = behave(write_scores("before", BEFORE), tmp_path / "out")
    one = artifact.metadata["sets"]["s"]["raw"]
    assert one["problems"] == 6
    greedy = one["before"]["greedy"]
    assert (greedy["completions"], greedy["undecided"]) == (6, 1)
    expected = {
        "code": 2 / 6,
        "accuracy": 2 / 5,
        "accuracy_with_code": 1 / 2,
        "accuracy_without_code": 1 / 3,
        "boxed": 3 / 6,
        "truncated": 1 / 6,
        "repeats": 1 / 6,
        "mixed": 0.0,
        "tokens": (3 + 1 + 2 + 2 + 2 + 2) / 6,
        "tokens_correct": 2.5,
        "tokens_incorrect": 5 / 3,
        "cjk": 6 / (8 + 6 + 4 + 4 + 9 + 102),
        "other_scripts": 2 / (8 + 6 + 4 + 4 + 9 + 102),
        "probability": (3 + 0.5 + 4 * (np.exp(-0.5) + np.exp(-0.25))) / 12,
    }
    for name, value in expected.items():
        assert greedy[name]["value"] == pytest.approx(value), name
        assert greedy[name]["low"] <= greedy[name]["value"] <= greedy[name]["high"]
    assert "unknown" in one["before"]["dependence"]
    assert artifact.config["after"] is None
    assert verify(tmp_path / "out", VERIFIERS) == []


def test_before_and_after_on_what_they_share(write_scores: Write, tmp_path: Path) -> None:
    before, after = write_scores("before", BEFORE), write_scores("after", AFTER)
    artifact = behave(before, tmp_path / "out", after=after)
    one = artifact.metadata["sets"]["s"]["raw"]
    assert one["problems"] == 5
    assert artifact.metadata["left_out"] == {"s, raw": {"before": 1, "after": 1}}
    table = one["transitions"]["greedy"]
    assert {cell: table[cell]["n"] for cell in ("CC", "CL", "LC", "LL")} == {
        "CC": 1, "CL": 1, "LC": 1, "LL": 1
    }  # fmt: skip
    assert (table["all"]["newly_correct"], table["undecided"]) == (2, 1)
    assert table["LC"]["share"]["value"] == table["CC"]["share"]["value"] == 0.5
    assert one["likeness"]["greedy"]["same"]["value"] == pytest.approx(2 / 5)
    # The same tokens were stored for problems 2 to 4, whatever their text.
    assert one["same_tokens"]["completions"] == 3
    assert one["same_tokens"]["mean_log_ratio"]["value"] == 0
    assert one["after"]["dependence"]["references"] == "before"
    for side, folder in (("before", before), ("after", after)):
        scores = Artifact.load(folder)
        assert artifact.config[side] == {
            "identity_sha256": scores.manifest["identity_sha256"],
            "content_sha256": scores.manifest["tables"]["completions"]["content_sha256"],
            "weights_sha256": side * 8,
        }
    assert verify(tmp_path / "out", VERIFIERS) == []


def test_samples_templates_and_repeats(write_scores: Write, tmp_path: Path) -> None:
    rows = [
        row(i, f"word{'abc'[i]} {mode} {template}", True, mode=mode, sample=j, template=template)
        for i in range(3)
        for template in ("raw", "boxed")
        for mode, count in (("greedy", 1), ("sample", 4), ("repeat", 1))
        for j in range(count)
    ]
    artifact = behave(write_scores("before", rows), tmp_path / "out")
    by_template = artifact.metadata["sets"]["s"]
    assert set(by_template) == {"raw", "boxed"}
    for one in by_template.values():
        assert one["problems"] == 3
        assert one["before"]["greedy"]["completions"] == 3
        assert one["before"]["sample"]["completions"] == 12
        # Of five completions a problem, the second and the fourth are judged: samples 0 and 2.
        assert one["before"]["dependence"]["beyond_copying"]["judged"] == 6
        assert one["before"]["dependence"]["beyond_copying"]["retrieved"]["value"] == 1
    assert len(artifact.rows(TABLE)) == 30


def test_scores_without_a_template_column(write_scores: Write, tmp_path: Path) -> None:
    old = write_scores("old", BEFORE, without=["template"], template="boxed")
    new = write_scores("new", [{**one, "template": "boxed"} for one in AFTER])
    artifact = behave(old, tmp_path / "out", after=new)
    assert list(artifact.metadata["sets"]["s"]) == ["boxed"]


def test_what_is_refused(write_scores: Write, tmp_path: Path) -> None:
    before = write_scores("before", BEFORE)
    out = tmp_path / "out"
    with pytest.raises(UserError, match="no clean-bench artifact"):
        behave(tmp_path / "nothing", out)
    with Artifact.open(tmp_path / "probe", "probe", {}) as probe:
        probe.finish({})
    with pytest.raises(UserError, match="expected a scores artifact, got probe"):
        behave(tmp_path / "probe", out)
    with pytest.raises(UserError, match=r"no problem in common: before s under raw, after t"):
        behave(before, out, after=write_scores("t", [{**one, "set": "t"} for one in AFTER]))
    with pytest.raises(UserError, match="after s under chat"):
        behave(before, out, after=write_scores("c", [{**one, "template": "chat"} for one in AFTER]))
    with pytest.raises(UserError, match=r"problem 0 of s has the answer '2', and '1' before"):
        behave(before, out, after=write_scores("g", [{**one, "gold": "2"} for one in AFTER]))
    with pytest.raises(UserError, match="comes twice"):
        behave(write_scores("twice", [*BEFORE, BEFORE[0]]), out)
    with pytest.raises(UserError, match="holds no completion"):
        behave(write_scores("none", [{**one, "mode": "repeat"} for one in BEFORE]), out)
    with pytest.raises(UserError, match="choose another folder"):
        behave(before, before / "behaviors")
    assert not (before / "behaviors").exists() and not out.exists()
    behave(before, out)
    with pytest.raises(UserError, match="was begun with before"):
        behave(write_scores("other", AFTER), out)


def failures_after(out: Path, change: Callable[[Artifact], None]) -> list[Failure]:
    """Change a finished artifact and seal it again, as a careful forger would."""
    artifact = Artifact.load(out)
    change(artifact)
    artifact.finish(artifact.metadata)
    return verify(out, VERIFIERS)


def rewritten(artifact: Artifact, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    [shard] = artifact.shards(table)
    with pq.ParquetFile(shard) as file:
        stored = file.read()
    rows = change(stored.to_pylist())
    artifact.write(f"{table}/{shard.stem}", pa.Table.from_pylist(rows, schema=stored.schema))


def test_forgeries_are_found(write_scores: Write, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    behave(write_scores("before", BEFORE), whole, after=write_scores("after", AFTER))
    forged = write_scores("forged", [{**AFTER[0], "response": "python"}, *AFTER[1:]])

    def edit(name: str, value: Any) -> Callable[[Artifact], None]:
        def change(rows: list[Row]) -> list[Row]:
            rows[2][name] = value
            return rows

        return lambda artifact: rewritten(artifact, TABLE, change)

    def accuracy(artifact: Artifact) -> None:
        artifact.manifest["metadata"]["sets"]["s"]["raw"]["after"]["greedy"]["code"]["value"] = 0.9

    def dropped(artifact: Artifact) -> None:
        del artifact.manifest["metadata"]["sets"]["s"]["raw"]["transitions"]

    def exchanged(artifact: Artifact) -> None:
        shutil.rmtree(artifact.folder / "after")
        shutil.copytree(forged, artifact.folder / "after")

    def unlike(artifact: Artifact) -> None:
        rewritten(artifact, "likeness", lambda rows: [{**one, "across": 1.0} for one in rows])

    changes: dict[str, tuple[Callable[[Artifact], None], str]] = {
        "code": (edit("code", True), "features row 2: code is stored as True"),
        "tokens": (edit("tokens", 77), "features row 2: tokens is stored as 77"),
        "side": (edit("side", "after"), "features row 2: side is stored as 'after'"),
        "short": (
            lambda artifact: rewritten(artifact, TABLE, lambda rows: rows[:-1]),
            "features: has 9 rows, and 10 follow",
        ),
        "summary": (
            accuracy,
            "manifest.json: metadata.sets.s.raw.after.greedy.code.value is stored as 0.9",
        ),
        "dropped": (dropped, "manifest.json: metadata.sets.s.raw.transitions is missing"),
        "exchanged": (exchanged, "after: is not the scores that the configuration names"),
        "likeness": (unlike, "likeness row 0: across is stored as 1.0"),
    }
    for name, (change, message) in changes.items():
        shutil.copytree(whole, tmp_path / f"forged-{name}")
        found = failures_after(tmp_path / f"forged-{name}", change)
        assert any(str(failure).startswith(message) for failure in found), (name, found)


def test_the_scores_inside_are_checked_too(write_scores: Write, tmp_path: Path) -> None:
    behave(write_scores("before", BEFORE), tmp_path / "out")
    strict = {**VERIFIERS, "scores": lambda artifact: [Failure("row 1", "grades differently")]}
    assert [str(one) for one in verify(tmp_path / "out", strict)] == [
        "before/row 1: grades differently"
    ]


def test_the_features_are_those_of_the_schema(write_scores: Write, tmp_path: Path) -> None:
    artifact = behave(write_scores("before", BEFORE), tmp_path / "out")
    rows = artifact.rows(TABLE)
    assert list(rows[0]) == SCHEMA.names
    assert [one["problem_id"] for one in rows] == [one["problem_id"] for one in BEFORE]
    again = behave(tmp_path / "before", tmp_path / "out")
    assert again.manifest == artifact.manifest


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
    artifact = behave(before, tmp_path / "out", after=after)
    stored = artifact.rows(TABLE)
    assert [one["characters"] for one in stored[: len(texts)]] == [len(text) for text in texts]
    # The Unicode walk alone repeats nothing.
    assert [one["repeats"] for one in stored[: len(texts)]] == [i != 4 for i in range(len(texts))]
    alike = artifact.metadata["sets"]["s"]["raw"]["likeness"]["greedy"]["across"]["value"]
    # One character less is another word where all is one word: of "\ufdfa" and of "1".
    assert alike == pytest.approx(7 / 9, abs=1e-3)
    assert verify(tmp_path / "out", VERIFIERS) == []


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
                sample=max(number - 1, 0),
                prompt=request.prompt.removesuffix(start),
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
    for one in rows:
        if one["mode"] == "greedy":
            continue
        prefix = own.encode(one["prompt"] + start)
        ids = torch.tensor([[*prefix, *one["token_ids"]]])
        p, q = (
            engine.model(input_ids=ids).logits[0, len(prefix) - 1 : -1].double().log_softmax(-1)
            for engine in (own, moved)
        )
        total += float((p.exp() * (p - q)).sum())
        tokens += len(one["token_ids"])
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
    other = Other("moved", "b" * 64, moved, moved.tokenizer)
    artifact = behave(before, tmp_path / "out", other=other)
    found = artifact.metadata["sets"]["s"]["raw"]["divergence"]["before"]
    exact = exact_divergence(rows, own, moved, start)
    assert exact > 0.02
    for name in ("kl", "kl_k3"):
        estimate = found["sample"][name]
        assert estimate["low"] <= exact <= estimate["high"], (name, exact)
    assert set(found["greedy"]) == {"tokens", "mean_log_ratio"}
    assert (
        found["direction"] == "KL(the checkpoint that wrote the text || the checkpoint of --with)"
    )
    # Of greedy text it may well be negative, which no divergence is.
    known = [
        np.subtract(one["logprobs"], forced["logprobs"])
        for one, forced in zip(rows, artifact.rows("forced"), strict=True)
        if one["mode"] == "greedy"
    ]
    greedy = np.concatenate(known).mean()
    assert found["greedy"]["mean_log_ratio"]["value"] == pytest.approx(greedy)
    assert verify(tmp_path / "out", VERIFIERS) == []
    # Under the checkpoint that wrote it, the text is as probable as when it was written.
    itself = Other("itself", "a" * 64, own, own.tokenizer)
    floor = behave(before, tmp_path / "floor", other=itself)
    nothing = floor.metadata["sets"]["s"]["raw"]["divergence"]["before"]
    assert nothing["sample"]["kl"]["value"] == pytest.approx(0, abs=1e-5)
    assert nothing["greedy"]["mean_log_ratio"]["value"] == pytest.approx(0, abs=1e-5)


def test_what_a_checkpoint_wrote_itself_is_not_read_beside_another(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    before = write_scores("before", sampled(own), weights="a" * 64)
    after = write_scores("after", sampled(moved), weights="b" * 64)
    artifact = behave(
        before, tmp_path / "out", after=after, other=Other("m", "b" * 64, moved, moved.tokenizer)
    )
    assert list(artifact.metadata["sets"]["s"]["raw"]["divergence"]) == ["before"]

    def cut(artifact: Artifact) -> None:
        rewritten(artifact, "forced", lambda rows: rows[:-1])

    def louder(artifact: Artifact) -> None:
        rewritten(
            artifact,
            "forced",
            lambda rows: [{**one, "logprobs": [x - 1 for x in one["logprobs"]]} for one in rows],
        )

    shutil.copytree(tmp_path / "out", tmp_path / "again")
    [first, *_] = failures_after(tmp_path / "out", cut)
    assert str(first) == "forced: has not the 100 completions that --with had to read"
    found = failures_after(tmp_path / "again", louder)
    assert any("divergence.before.sample.kl.value" in str(one) for one in found)


def test_samples_at_another_temperature_are_no_divergence(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    before = write_scores("before", sampled(own, temperature=0.5), temperature=0.5)
    other = Other("moved", "b" * 64, moved, moved.tokenizer)
    found = behave(before, tmp_path / "out", other=other).metadata["sets"]["s"]["raw"]
    assert found["divergence"]["before"]["sample"] == {
        "unknown": "sampled at temperature 0.5; KL needs temperature 1"
    }
    assert found["divergence"]["before"]["greedy"]["tokens"] > 0
    only = [one for one in sampled(own, temperature=0.5) if one["mode"] == "sample"]
    with pytest.raises(UserError, match="greedy or sampled at temperature 1"):
        behave(write_scores("hot", only, temperature=0.5), tmp_path / "hot-out", other=other)


def test_another_vocabulary_is_refused(
    write_scores: Write, tmp_path: Path, pair: tuple[TransformersEngine, TransformersEngine]
) -> None:
    own, moved = pair
    foreign = [{**one, "response": "something else"} for one in sampled(own)]
    other = Other("moved", "b" * 64, moved, moved.tokenizer)
    with pytest.raises(UserError, match="--with moved: its tokenizer reads the token ids"):
        behave(write_scores("before", foreign), tmp_path / "out", other=other)
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
    other = Other("moved", "b" * 64, moved, moved.tokenizer)
    whole = behave(before, tmp_path / "whole", other=other)

    def dies(n: int) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            behave(before, tmp_path / "cut", other=other, progress=dies)
    again = behave(before, tmp_path / "cut", other=other)
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
