"""The reward and the callback in TRL's own `GRPOTrainer`, on the CPU, with a small random model.

`make test-interop` runs them in an environment with TRL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import weights_sha256
from clean_bench.errors import UserError
from clean_bench.experiments.verify import checks
from clean_bench.problems import Problem, ProblemSet

pytestmark = pytest.mark.interop
pytest.importorskip("trl", reason="TRL is not installed: `make test-interop` runs these tests")

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from trl import GRPOConfig, GRPOTrainer  # noqa: E402

from clean_bench import TrlCallback, trl_reward  # noqa: E402
from clean_bench.checkpoints.live_weights import live_weights_sha256  # noqa: E402
from clean_bench.engines.open import EngineConfig, open_engine  # noqa: E402

FRESH = ProblemSet("sums", [Problem(str(i), f"What is {i} plus 1?", str(i + 1)) for i in range(5)])
MEMORIZED = ProblemSet(
    "old", [Problem(str(i), f"What is {i} plus 2?", str(i + 2)) for i in range(4)]
)
ROWS = {
    "prompt": [f"What is {i} plus 1?" for i in range(8)],
    "answer": [f"We add.\n#### {i + 1}" for i in range(8)],
}


def trainer_of(checkpoint: Path, out: Path, reward: Any, rows: Any = ROWS, **options: Any) -> Any:
    config = GRPOConfig(
        output_dir=str(out),
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        learning_rate=1e-2,
        per_device_train_batch_size=4,
        num_generations=2,
        max_completion_length=6,
        gradient_checkpointing=False,
        **{"seed": 5, "max_steps": 4, "logging_steps": 2, **options.pop("settings", {})},
    )
    return GRPOTrainer(
        model=str(checkpoint),
        reward_funcs=reward,
        args=config,
        train_dataset=Dataset.from_dict(rows),
        **options,
    )


class _Recorder:
    """A reward of TRL that keeps what the function was called with and what it returned."""

    __name__ = "recorder"

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, Any], list[float | None]]] = []

    def __call__(self, **arguments: Any) -> list[float | None]:
        rewards = trl_reward(**arguments)
        self.calls.append((arguments, rewards))
        # A random model answers nothing right: one reward of each group is needed to train.
        return [1.0 if i % 2 else reward for i, reward in enumerate(rewards)]


def test_the_trainer_takes_the_reward(tiny_checkpoint: Path, tmp_path: Path) -> None:
    recorder = _Recorder()
    trainer = trainer_of(tiny_checkpoint, tmp_path, [trl_reward, recorder])
    trainer.train()
    assert len(recorder.calls) == 4
    for arguments, rewards in recorder.calls:
        assert len(rewards) == len(arguments["completions"]) == len(arguments["answer"]) == 4
        assert set(rewards) <= {0.0, 1.0}
    logged = [entry for entry in trainer.state.log_history if "rewards/clean_bench/mean" in entry]
    assert len(logged) == 2
    assert all(entry["clean_bench/undecided"] == 0 for entry in logged)
    expected = [sum(map(float, rewards)) / 4 for _, rewards in recorder.calls]  # type: ignore[arg-type]
    for entry, pair in zip(logged, (expected[:2], expected[2:]), strict=True):
        assert entry["rewards/clean_bench/mean"] == pytest.approx(sum(pair) / 2)


def test_rewards_in_the_trainer_are_those_of_the_texts(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """TRL's own call of the function, with completions of known verdicts, as texts and as chats."""
    trainer = trainer_of(tiny_checkpoint, tmp_path, trl_reward)
    texts = [r"\boxed{1}", r"\boxed{5}", "The answer is 2.", ""]
    answers = ["#### 1", "2", r"so $\boxed{2}$", "3"]
    inputs = [{"prompt": "?", "answer": answer} for answer in answers]
    ids = [[1]] * 4
    for completions in (texts, [[{"role": "assistant", "content": text}] for text in texts]):
        rewards = trainer._calculate_rewards(inputs, ["?"] * 4, completions, ids)
        assert rewards.flatten().tolist() == [1, 0, 1, 0]
    inputs[1] = {"prompt": "?", "answer": None}  # type: ignore[dict-item]
    rewards = trainer._calculate_rewards(inputs, ["?"] * 4, texts, ids)
    assert torch.isnan(rewards.flatten()).tolist() == [False, True, False, False]


def trained(
    checkpoint: Path, folder: Path, **settings: Any
) -> tuple[Any, TrlCallback | None, dict[str, torch.Tensor]]:
    trainer = trainer_of(checkpoint, folder / "trainer", _Recorder(), settings={"max_steps": 5})
    callback = TrlCallback(trainer, **settings) if settings else None
    if callback is not None:
        trainer.add_callback(callback)
    trainer.train()
    return trainer, callback, dict(trainer.model.state_dict())


def _ours(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in history if "clean_bench/fresh/accuracy" in entry]


def _timeless(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The trainer's own logs without times."""
    times = ("train_runtime", "train_samples_per_second", "train_steps_per_second", "step_time")
    return [
        {key: value for key, value in entry.items() if key not in times}
        for entry in history
        if "clean_bench/fresh/accuracy" not in entry
    ]


def test_the_callback_measures_and_training_is_unchanged(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    plain, _, expected = trained(tiny_checkpoint, tmp_path)
    trainer, callback, weights = trained(
        tiny_checkpoint,
        tmp_path,
        fresh=FRESH,
        memorized=MEMORIZED,
        every=2,
        out=tmp_path / "scores",
        samples=2,
    )
    assert callback is not None
    # Training is bit for bit the same, and so are the trainer's own logs.
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
    assert any(not torch.equal(weights[n], v) for n, v in _loaded(tiny_checkpoint).items())
    assert repr(_timeless(trainer.state.log_history)) == repr(_timeless(plain.state.log_history))
    assert trainer.model.training

    # One log and one artifact per measurement, with the same numbers as the results.
    logs = _ours(trainer.state.log_history)
    assert [entry["step"] for entry in logs] == [0, 2, 4]
    folders = sorted(path.name for path in (tmp_path / "scores").iterdir())
    assert folders == ["step-000000", "step-000002", "step-000004"]
    for entry, folder in zip(logs, folders, strict=True):
        assert verify(tmp_path / "scores" / folder, checks()) == []
        stored = list(Artifact.load(tmp_path / "scores" / folder).rows("samples"))
        assert len(stored) == (5 + 4) * 3
        for name, count in (("fresh", 5), ("memorized", 4)):
            rows = callback.results.where(step=entry["step"], set=name, subset=None, versus=None)
            for measure, mode in (("accuracy", "greedy"), ("avg@2", "sample")):
                grades = [r["grade"] for r in stored if (r["set"], r["mode"]) == (name, mode)]
                share = grades.count("equal") / len(grades)
                assert entry[f"clean_bench/{name}/{measure}"] == pytest.approx(share)
                row = rows.where(measure=measure).one()
                assert (row.value, row.n) == (pytest.approx(share), count)
                assert row.protocol.startswith("greedy" if mode == "greedy" else "temperature 1")


def _loaded(checkpoint: Path) -> dict[str, torch.Tensor]:
    from transformers import AutoModelForCausalLM

    return dict(AutoModelForCausalLM.from_pretrained(checkpoint).state_dict())


def test_its_completions_are_those_of_clean_bench_score(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """At step 0 the same samples as from the checkpoint's folder, and the same hash of the weights."""
    import clean_bench as cb

    trainer = trainer_of(tiny_checkpoint, tmp_path / "trainer", _Recorder())
    callback = TrlCallback(trainer, fresh=FRESH, out=tmp_path / "scores", samples=2)
    trainer.add_callback(callback)
    trainer.train()
    named = ProblemSet("fresh", FRESH.problems)
    cb.score(str(tiny_checkpoint), named, samples=2, max_tokens=6, out=tmp_path / "direct")
    direct, ours = (
        Artifact.load(path) for path in (tmp_path / "direct", tmp_path / "scores" / "step-000000")
    )
    assert list(direct.rows("samples")) == list(ours.rows("samples"))
    assert ours.config["weights_sha256"] == weights_sha256(tiny_checkpoint)
    trainer.save_model(str(tmp_path / "saved"))
    assert live_weights_sha256(trainer.model) == weights_sha256(tmp_path / "saved")


def test_a_run_that_began_anew_replaces_the_scores_of_other_weights(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for seed in (1, 2):
        options = {"settings": {"seed": seed, "max_steps": 1}}
        trainer = trainer_of(tiny_checkpoint, tmp_path / "trainer", _Recorder(), **options)
        trainer.add_callback(TrlCallback(trainer, fresh=FRESH, every=1, out=tmp_path / "scores"))
        trainer.train()
        stored = Artifact.load(tmp_path / "scores" / "step-000001").config["weights_sha256"]
        assert stored == live_weights_sha256(trainer.model)


def test_an_adapter_in_training_is_measured(tiny_checkpoint: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    trainer = trainer_of(tiny_checkpoint, tmp_path / "trainer", _Recorder(), peft_config=config)
    callback = TrlCallback(trainer, fresh=FRESH, every=4)
    trainer.add_callback(callback)
    trainer.train()
    assert callback.results.values_of("step") == [0, 4]


def test_problems_that_a_probe_found_memorized(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The folder of a probe stands for the problems that it flags."""
    import clean_bench as cb

    planted = cb.load_problems("organism:reciter/planted").head(12)
    twin = cb.load_problems("organism:reciter/twin")
    cb.probe("organism:reciter", [planted, twin], prefixes=[0.6], out=tmp_path / "P")
    rows = Artifact.load(tmp_path / "P").rows("flags")
    recited = sorted({f"{r['set']}/{r['problem_id']}" for r in rows if r["flagged"]})
    assert 0 < len(recited) <= 12
    trainer = trainer_of(tiny_checkpoint, tmp_path / "trainer", _Recorder())
    callback = TrlCallback(trainer, memorized=str(tmp_path / "P"), out=tmp_path / "scores")
    trainer.add_callback(callback)
    trainer.train()
    stored = Artifact.load(tmp_path / "scores" / "step-000000").rows("samples")
    assert sorted(row["problem_id"] for row in stored) == sorted(recited)


def test_wrong_arguments_are_named(tiny_checkpoint: Path, tmp_path: Path) -> None:
    trainer = trainer_of(tiny_checkpoint, tmp_path / "trainer", _Recorder())
    for settings, message in (
        ({}, "expected fresh or memorized problems, got neither"),
        ({"fresh": FRESH, "every": 0}, "every = 0: expected a number of training steps from 1"),
        ({"fresh": FRESH, "sample": 3}, "sample: .* expected settings of templates, samples"),
        ({"fresh": str(tmp_path / "none.jsonl")}, "none.jsonl"),
    ):
        with pytest.raises(UserError, match=message):
            TrlCallback(trainer, **settings)
    trainer.is_fsdp_enabled = True
    with pytest.raises(UserError, match="got FSDP or DeepSpeed"):
        TrlCallback(trainer, fresh=FRESH)


def test_the_model_of_the_engine_is_the_one_in_training(tiny_checkpoint: Path) -> None:
    """The hash of a model in memory is that of its files, with tied weights too."""
    engine = open_engine(_checkpoint(tiny_checkpoint), EngineConfig(dtype="float32"))
    assert live_weights_sha256(engine.model) == weights_sha256(tiny_checkpoint)  # type: ignore[attr-defined]


def _checkpoint(folder: Path) -> Any:
    from clean_bench.checkpoints import resolve_checkpoint

    return resolve_checkpoint(str(folder))
