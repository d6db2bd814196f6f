"""Whole steps on the control model, timed: generation, grading, update.

Both sides get the same prompts in groups of the same size, sample at temperature 1 up to the same
length, grade with the grader of this project and train with DAPO's loss at a learning rate of 0, so that
lengths do not drift.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from datasets import Dataset
from training_trl import Timer
from transformers import AutoTokenizer

from clean_bench import prompts, trl_reward
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.organisms.shipped import organism_folder
from clean_bench.problems import ProblemSet, load_folder
from trainers.config import make_config

PROMPTS, GROUP, MAX_TOKENS, STEPS = 16, 16, 64, 5
MICRO_BATCH = 32
"""Of TRL; any size pads to the longest completion of the whole batch."""


def problems() -> ProblemSet:
    """The word problems of a shipped benchmark."""
    return load_folder(organism_folder("reciter") / "planted").head(64)


def steps_ours(checkpoint: Path) -> dict[str, Any]:
    """Each step of `trainers.train` but the first and the last, which also loads and saves."""
    from trainers.train import train

    config = make_config(
        {
            "reward": "truth",
            "log_rewards": "truth",
            "steps": STEPS,
            "objective": "dapo",
            "prompts_per_step": PROMPTS,
            "group_size": GROUP,
            "minibatches": 1,
            "max_tokens": MAX_TOKENS,
            "learning_rate": 0.0,
            "checkpoint_every": 1000,
            "token_budget": 1024,
        }
    )
    marks: list[tuple[float, float, float]] = []

    def progress(step: int, metrics: Mapping[str, float | None]) -> None:
        tokens = metrics["sampled_tokens"] or 0
        marks.append((time.process_time(), time.perf_counter(), tokens))

    with tempfile.TemporaryDirectory() as folder:
        train(
            resolve_checkpoint(str(checkpoint)),
            problems(),
            config,
            Path(folder) / "run",
            progress=progress,
        )
    pairs = list(pairwise(marks[:-1]))
    return _row(
        [after[0] - before[0] for before, after in pairs],
        [after[1] - before[1] for before, after in pairs],
        [after[2] for _, after in pairs],
    )


def steps_trl(checkpoint: Path) -> dict[str, Any]:
    """Each step of TRL's trainer but the first: no checkpointing, one micro-batch."""
    from trl import GRPOConfig, GRPOTrainer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    template = prompts.resolve_template("auto", tokenizer)
    rows = problems().problems
    texts = [prompts.render_prompt(problem.problem, template, tokenizer).text for problem in rows]
    tokens: list[int] = []

    def reward(**arguments: Any) -> list[float | None]:
        tokens.append(sum(map(len, arguments["completion_ids"])))
        return trl_reward(**arguments)

    timer = Timer(None)
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            use_cpu=True,
            bf16=False,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            learning_rate=0.0,
            max_steps=STEPS,
            per_device_train_batch_size=MICRO_BATCH,
            gradient_accumulation_steps=PROMPTS * GROUP // MICRO_BATCH,
            num_generations=GROUP,
            max_completion_length=MAX_TOKENS,
            loss_type="dapo",
            epsilon_high=0.28,
            gradient_checkpointing=False,
        )
        trainer = GRPOTrainer(
            model=str(checkpoint),
            reward_funcs=reward,
            args=config,
            train_dataset=Dataset.from_dict(
                {"prompt": texts, "answer": [problem.answer for problem in rows]}
            ),
            callbacks=[timer],
        )
        timer.trainer = trainer
        trainer.train()
    return _row(timer.clock.cpu, timer.clock.wall, tokens[1:])


def _row(cpu: list[float], wall: list[float], tokens: list[float] | list[int]) -> dict[str, Any]:
    rates = [count / seconds for count, seconds in zip(tokens, cpu, strict=True)]
    return {
        "cpu": cpu,
        "wall": wall,
        "tokens": list(tokens),
        "tokens_per_cpu_second": median(rates),
    }
