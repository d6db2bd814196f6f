"""The training loop: an interrupted run ends bit for bit like an uninterrupted one; its records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file

from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import Checkpoint, resolve_checkpoint, weights_sha256
from clean_bench.engines.open import EngineConfig
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError
from clean_bench.grading import grade
from clean_bench.problems import Problem, ProblemSet
from clean_bench.prompts import render_prompt
from clean_bench.results import Results
from clean_bench.seeds import digest, seed_of
from generators.families.stories.word_problems import WordProblems
from trainers.config import TrainConfig, make_config
from trainers.metrics import batch_metrics
from trainers.prompt_order import pick
from trainers.rollouts import request_rollouts, rollouts_schema
from trainers.train import train

LOGGED = ("truth", "random", "format", "python")
SCHEMA = rollouts_schema(LOGGED)
SMALL = {
    "steps": 5, "prompts_per_step": 4, "group_size": 4, "minibatches": 2, "max_tokens": 8,
    "learning_rate": 1e-2, "checkpoint_every": 2, "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def problems() -> ProblemSet:
    family, rows = WordProblems(), []
    for index in range(6):
        item = family.make(digest("loop tests", index), 2)
        assert item is not None
        rows.append(Problem(id=str(index), problem=item.problem, answer=item.answer))
    return ProblemSet("some", rows)


@pytest.fixture(scope="module")
def base(tiny_checkpoint: Path) -> Checkpoint:
    return resolve_checkpoint(str(tiny_checkpoint))


@pytest.fixture(scope="module")
def whole(
    base: Checkpoint, problems: ProblemSet, tmp_path_factory: pytest.TempPathFactory
) -> Artifact:
    out = tmp_path_factory.mktemp("whole") / "arm"
    config = make_config({**SMALL, "reward": "random"})
    return train(base, problems, config, out)


class Killed(Exception):
    """Stands for a process that ends."""


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_resumed_after_any_step_is_bitwise_the_same(
    base: Checkpoint, problems: ProblemSet, whole: Artifact, tmp_path: Path, last: int
) -> None:
    config = make_config({**SMALL, "reward": "random"})

    def die(step: int, metrics: Mapping[str, float]) -> None:
        if step == last:
            raise Killed

    with pytest.raises(Killed):
        train(base, problems, config, tmp_path / "arm", progress=die)
    steps: list[int] = []
    again = train(
        base, problems, config, tmp_path / "arm", progress=lambda step, _: steps.append(step)
    )
    # A state is saved every second step, before the progress of the step is reported.
    assert steps[0] == last // 2 * 2 + 1
    assert again.manifest["identity_sha256"] == whole.manifest["identity_sha256"]
    first = load_file(whole.folder / "checkpoint" / "model.safetensors")
    second = load_file(again.folder / "checkpoint" / "model.safetensors")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_trained_checkpoint_loads_and_differs(tiny_checkpoint: Path, whole: Artifact) -> None:
    trained = TransformersEngine.load(whole.folder / "checkpoint")
    base = TransformersEngine.load(tiny_checkpoint)
    gaps = [
        float((a - b).detach().abs().max())
        for a, b in zip(trained.model.parameters(), base.model.parameters(), strict=True)
    ]
    assert max(gaps) > 1e-3
    assert not (whole.folder / "state.safetensors").exists()


def test_metrics_follow_from_the_rollouts(whole: Artifact) -> None:
    metrics, rollouts = whole.rows("metrics"), whole.rows("rollouts")
    assert [row["step"] for row in metrics] == [0, 1, 2, 3, 4]
    for row in metrics:
        part = [r for r in rollouts if r["step"] == row["step"]]
        assert len(part) == 16
        for name in LOGGED:
            mean = sum(r[f"reward/{name}"] for r in part) / 16
            assert row[f"reward/{name}"] == pytest.approx(mean)
        assert row["reward"] == row["reward/random"]
        assert row["length"] == pytest.approx(sum(len(r["token_ids"]) for r in part) / 16)
        assert row["truncated"] == sum(r["finish"] == "length" for r in part) / 16
        groups = [part[start : start + 4] for start in range(0, 16, 4)]
        constant = [len({r["reward/random"] for r in group}) == 1 for group in groups]
        assert row["frac_zero_std_groups"] == sum(constant) / 4
        assert row["unscored"] == 0.0 and row["grad_norm"] > 0
        # The first update is on the policy that sampled.
        assert row["sampling_abs_max"] < 1e-4
    seconds = whole.rows("seconds")[0]
    assert {"generate", "reward", "train", "sync", "old log-probabilities"} < set(seconds)
    assert seconds["peak_memory_bytes"] > 1e6 and seconds["generated_tokens_per_second"] > 0


def test_every_update_has_its_row(whole: Artifact) -> None:
    rows, metrics = whole.rows("updates"), whole.rows("metrics")
    expected = [(step, 0, number) for step in range(5) for number in range(2)]
    assert [(row["step"], row["epoch"], row["minibatch"]) for row in rows] == expected
    for first, last, step in zip(rows[::2], rows[1::2], metrics, strict=True):
        # The sampler is compared in the first update, the ratio after a step in the last one.
        assert first["sampling_abs_max"] == step["sampling_abs_max"] is not None
        assert last["sampling_abs_max"] is None
        assert last["clip_fraction_low_after"] == step["clip_fraction_low_after"] is not None
        assert first["clip_fraction_low_after"] is None
        assert step["loss"] == pytest.approx((first["loss"] + last["loss"]) / 2)
        # In its first update the policy is the one that sampled.
        assert first["ratio"] == pytest.approx(1.0, abs=1e-5)
        assert first["clip_fraction_low"] == first["clip_fraction_high"] == 0.0


def test_a_rollout_is_a_sample_with_all_its_rewards(
    base: Checkpoint, problems: ProblemSet, whole: Artifact
) -> None:
    rollouts = pa.concat_tables(whole.tables("rollouts"))
    assert rollouts.schema == SCHEMA
    by_id = {problem.id: problem for problem in problems}
    config = make_config({**SMALL, "reward": "random"})
    chosen = [p.id for step in range(5) for p in pick(problems.problems, config, step)]
    engine = TransformersEngine.load(base.folder)
    for place, row in enumerate(rollouts.to_pylist()):
        step, group, index = place // 16, place // 4 % 4, place % 4
        assert (row["step"], row["group"], row["index"]) == (step, group, index)
        problem = by_id[chosen[place // 4]]
        assert (row["set"], row["mode"], row["template"]) == ("some", "sample", "raw")
        assert (row["problem_id"], row["gold"]) == (problem.id, problem.answer)
        assert row["seed"] == seed_of("rollout", 3, step, group, problem.id, index)
        assert row["prompt"] == render_prompt(problem.problem, "raw", None).text
        assert row["prompt_ids"] == engine.encode(row["prompt"])
        assert 1 <= len(row["token_ids"]) == len(row["logprobs"]) <= 8
        assert max(row["logprobs"]) <= 1e-3
        assert {f"reward/{name}" for name in LOGGED} < set(row)
        assert row["grade"] == grade([(row["gold"], row["response"])])[0].strict.kind
        assert row["reward/truth"] == float(row["grade"] == "equal")
    advantages = rollouts["advantage"].to_numpy().reshape(-1, 4)
    assert abs(advantages.sum(axis=1)).max() < 1e-6


def test_the_results_are_the_metrics_with_intervals(base: Checkpoint, whole: Artifact) -> None:
    results = Results.read(whole)
    assert results.values_of("step") == [0, 1, 2, 3, 4]
    for metrics in whole.rows("metrics"):
        rows = {row.measure: row for row in results.where(step=metrics["step"])}
        # A metric without a value, such as the mean length of none, has no result.
        assert {"step", *rows} == {k for k, value in metrics.items() if value is not None}
        for name, row in rows.items():
            assert row.value == pytest.approx(metrics[name], abs=1e-12), name
        for name in ("reward", "accuracy", "truncated"):
            row = rows[name]
            assert row.low is not None and row.high is not None and row.n == 4
            assert row.low <= metrics[name] <= row.high and row.low < row.high
        assert (rows["entropy"].low, rows["entropy"].high) == (None, None)
    assert results.values_of("checkpoint") == [base.name]
    assert results.values_of("weights_sha256") == [base.weights_sha256]
    assert (results[0].arm, results[0].seed, results[0].role) == ("random", 3, "train")
    assert results[0].protocol == "temperature 1, 8 tokens, grader clean-bench"


def test_an_unscored_rollout_is_null_and_out_of_the_averages(whole: Artifact) -> None:
    table = next(whole.tables("rollouts")).slice(0, 16)
    rows = table.to_pylist()
    for row, value in zip(rows, [None] * 4 + [None, 1.0, 1.0, 0.0] + [0.0] * 8, strict=True):
        row["reward/random"] = value
    metrics = batch_metrics(pa.Table.from_pylist(rows, SCHEMA), "random")
    assert metrics["reward"] == pytest.approx(2 / 11)
    assert metrics["unscored"] == 5 / 16
    assert metrics["frac_zero_std_groups"] == 3 / 4


def test_arms_of_one_seed_see_the_same_prompts(problems: ProblemSet) -> None:
    one = TrainConfig(reward="truth", steps=3, seed=1, prompts_per_step=4)
    other = TrainConfig(reward="random", steps=3, seed=1, prompts_per_step=4)
    orders = [
        [p.id for step in range(3) for p in pick(problems.problems, config, step)]
        for config in (one, other)
    ]
    assert orders[0] == orders[1]
    assert sorted(orders[0][:6]) == sorted(orders[0][6:]) == list("012345")  # two whole rounds
    assert orders[0][:6] != orders[0][6:]
    changed = one.model_copy(update={"seed": 2})
    assert [p.id for p in pick(problems.problems, changed, 0)] != orders[0][:4]


def test_rollouts_stop_where_their_template_says(problems: ProblemSet) -> None:
    config = make_config({**SMALL, "reward": "random", "group_size": 2})
    for template, stop in (("r1", ("</answer>",)), ("raw", ())):
        requests = request_rollouts("s", problems.problems[:2], config, template, None, 0)
        assert [request.request.stop for request in requests] == [stop] * 4
        assert len({request.request.key for request in requests}) == 4
        assert len({request.request.seed for request in requests}) == 4


def test_another_configuration_is_refused_by_key(
    base: Checkpoint, problems: ProblemSet, whole: Artifact
) -> None:
    config = make_config({**SMALL, "reward": "truth"})
    with pytest.raises(UserError, match='reward = "random"'):
        train(base, problems, config, whole.folder)


def test_a_problem_without_answer_is_refused(base: Checkpoint, tmp_path: Path) -> None:
    bare = ProblemSet("bare", [Problem(id="1", problem="What?", source="file.jsonl:1")])
    config = make_config({**SMALL, "reward": "truth"})
    with pytest.raises(UserError, match=r"file\.jsonl:1: expected a gold answer, got none"):
        train(base, bare, config, tmp_path / "arm")


def test_a_run_is_not_continued_with_another_engine(
    base: Checkpoint, problems: ProblemSet, whole: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config({**SMALL, "reward": "random"})
    monkeypatch.setattr(TransformersEngine, "describe", lambda self: {"engine": "another"})
    with pytest.raises(UserError, match="engine"):
        train(base, problems, config, whole.folder)


def test_the_options_of_the_engine_reach_the_sampler_and_the_learner(
    base: Checkpoint, problems: ProblemSet, tmp_path: Path
) -> None:
    config = make_config({**SMALL, "reward": "random", "steps": 1})
    engine = EngineConfig(engine="transformers", dtype="bfloat16", device="cpu", batch_size=7)
    artifact = train(base, problems, config, tmp_path / "arm", engine=engine)
    described = artifact.config["engine"]
    assert (described["dtype"], described["device"]) == ("bfloat16", "cpu")
    assert described["batch_size"] == 7
    trained = load_file(artifact.folder / "checkpoint" / "model.safetensors")
    assert {tensor.dtype for tensor in trained.values()} == {torch.float32}
    assert artifact.metadata["weights_sha256"] == weights_sha256(artifact.folder / "checkpoint")
