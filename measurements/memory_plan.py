"""Compare the memory that a plan states with what a training takes: 20 shapes on a CPU.

    python measurements/memory_plan.py [--only NUMBER] [--out measurements/results/memory_plan.md]

Each shape is a random model that makes two updates in a process of its own, with the trainer's own
code: packed rows, head in chunks, AdamW. The measured value is the peak of the process's resident set,
which includes Python, torch and transformers. The estimate is that of `train --dry-run` for the same
configuration. A shape that is in the result file already is not measured again: delete the file after a
change of the trainer. Fails if an estimate is below the measured peak or above 1.25 times it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from clean_bench.cli.main import ENVIRONMENT

RESULT = Path(__file__).parent / "results" / "memory_plan.md"
PROMPT = 32
LEAST, MOST = 1.0, 1.25


class Shape(NamedTuple):
    """A model and its training; `rows` packed rows of `budget` tokens in a mini-batch."""

    kind: str
    hidden: int
    intermediate: int
    layers: int
    heads: int
    keys: int
    vocabulary: int
    tied: bool
    budget: int
    rows: int = 2
    tuning: str = "full"
    checkpointing: str = "off"
    compute: str = "float32"
    weights: str = "float32"

    def model(self) -> dict[str, Any]:
        """Values of `config.json`."""
        return {
            "model_type": self.kind,
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.keys,
            "head_dim": self.hidden // self.heads,
            "vocab_size": self.vocabulary,
            "tie_word_embeddings": self.tied,
            "max_position_embeddings": 8192,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
        }

    def settings(self) -> dict[str, Any]:
        """Values of the training configuration; four sequences fill a row."""
        return {
            "reward": "random",
            "steps": 1,
            "prompts_per_step": 2 * self.rows,
            "group_size": 4,
            "minibatches": 2,
            "max_tokens": self.budget // 4 - PROMPT,
            "token_budget": self.budget,
            "tuning": self.tuning,
            "compute_dtype": self.compute,
            "weights_dtype": self.weights,
            "gradient_checkpointing": self.checkpointing,
        }


def _shape(kind: str, model: str, budget: int, **settings: Any) -> Shape:
    hidden, intermediate, layers, heads, keys, vocabulary = map(int, model.split())
    tied = bool(settings.pop("tied", True))
    return Shape(
        kind, hidden, intermediate, layers, heads, keys, vocabulary, tied, budget, **settings
    )


SHAPES = (
    _shape("qwen2", "512 1536 6 8 2 32000", 1024),
    _shape("qwen2", "512 1536 6 8 2 32000", 1024, rows=1),
    _shape("qwen2", "512 1536 6 8 2 64000", 1024),
    _shape("qwen2", "256 1024 4 8 2 128000", 1024),
    _shape("qwen2", "512 1536 6 8 2 32000", 2048),
    _shape("qwen2", "512 1536 6 8 2 32000", 2048, checkpointing="on"),
    _shape("llama", "768 2048 5 12 4 32000", 1024, tied=False),
    _shape("llama", "768 2048 5 12 4 32000", 1024, tied=False, compute="bfloat16"),
    _shape("llama", "768 2048 5 12 4 32000", 2048, compute="bfloat16", checkpointing="on"),
    _shape("llama", "256 768 16 4 2 16000", 2048),
    _shape("llama", "1024 2816 3 16 4 16000", 1024, rows=1),
    _shape("olmo2", "512 2048 4 8 8 50000", 1024, tied=False),
    _shape("olmo2", "512 2048 4 8 8 50000", 2048, tied=False, compute="bfloat16", weights="bfloat16"),
    _shape("qwen3", "640 1920 5 10 5 50000", 1024),
    _shape("qwen3", "640 1920 5 10 5 50000", 2048, compute="bfloat16"),
    _shape("qwen2", "896 3072 4 14 2 64000", 1024, tuning="lora"),
    _shape("qwen2", "896 3072 4 14 2 64000", 2048, tuning="lora", compute="bfloat16"),
    _shape("llama", "1024 2816 6 16 4 32000", 2048, tuning="lora", compute="bfloat16",
           weights="bfloat16"),
    _shape("llama", "1024 2816 6 16 4 32000", 2048, tuning="lora", checkpointing="on"),
    _shape("qwen2", "768 2304 6 12 2 64000", 2048, compute="bfloat16", weights="bfloat16",
           checkpointing="on"),
)  # fmt: skip


def estimate(shape: Shape) -> dict[str, Any]:
    """The plan's peak of an update on a CPU, and its parts."""
    from trainers.config import make_config
    from trainers.planning.machines import this_cpu
    from trainers.planning.plan import plan

    made = plan(make_config(shape.settings()), shape.model(), this_cpu(), longest_prompt=PROMPT)
    return {"bytes": made.training_bytes, "instant": made.instant, "parts": made.training}


def measure(shape: Shape) -> dict[str, int]:
    """Peak bytes of the resident set of this process after two updates, and those before the model."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from trainers.batching import Document, pack, token_weights
    from trainers.config import make_config
    from trainers.lora import LoraSettings
    from trainers.minibatches import MiniBatch
    from trainers.objectives import Objective
    from trainers.optimizers import make_optimizer
    from trainers.policy import Policy
    from trainers.update import UpdateBatch, run_updates

    before = _peak()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = make_config(shape.settings())
    compute = getattr(torch, shape.compute)
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(**shape.model()), dtype=getattr(torch, shape.weights)
    )
    lora = LoraSettings(config.lora_rank, config.lora_alpha, config.lora_targets)
    policy = Policy(
        model,
        None,
        compute_dtype=compute,
        lora=lora if shape.tuning == "lora" else None,
        gradient_checkpointing=shape.checkpointing == "on",
    )
    optimizer = make_optimizer(
        policy.trainable(), config, master_device="cpu", compute_dtype=compute
    )
    count = 4 * shape.rows
    minibatches: list[MiniBatch] = []
    old: dict[int, torch.Tensor] = {}
    for begin, end, tokens in ((0, 2, 16), (2, 2 + count, config.max_tokens)):
        # The first update is a short one: it only makes the optimizer's moments.
        places = range(begin, end)
        ids = torch.randint(3, shape.vocabulary, (len(places), PROMPT + tokens)).tolist()
        documents = [Document(row[:PROMPT], row[PROMPT:]) for row in ids]
        lengths = [tokens] * len(places)
        logps = [torch.full((tokens,), -10.0) for _ in places]
        old |= dict(zip(places, logps, strict=True))
        minibatches.append(
            MiniBatch(
                rollouts=tuple(places),
                advantages=tuple(1.0 if place % 2 else -1.0 for place in places),
                weights=tuple(token_weights(lengths, "sequence")),
                sampler=tuple(part.tolist() for part in logps),
                documents=tuple(documents),
                rows=tuple(pack(documents, config.token_budget)),
                skipped=0,
            )
        )
    batch = UpdateBatch(minibatches, Objective.of(config), False, old)
    for _ in run_updates(policy, optimizer, batch, config, step=0):
        pass
    return {"bytes": _peak(), "before": before}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def child(number: int) -> dict[str, Any]:
    """Measure one shape in a process of its own."""
    command = [sys.executable, str(Path(__file__)), "--measure", str(number)]
    environment = {**os.environ, **ENVIRONMENT}
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def row(number: int, shape: Shape, planned: float, measured: float) -> str:
    """A line of the table."""
    model = f"{shape.kind} {shape.hidden} x {shape.layers}, {shape.vocabulary:,} tokens"
    dtypes = (
        shape.compute if shape.compute == shape.weights else f"{shape.compute} over {shape.weights}"
    )
    return (
        f"| {number} | {model} | {shape.tuning} | {dtypes} | {shape.checkpointing} | {shape.budget:,} x "
        f"{shape.rows} | {measured / 1e6:,.0f} | {planned / 1e6:,.0f} | {planned / measured:.3f} |"
    )


def measured_before(path: Path) -> dict[str, float]:
    """Measured megabytes of the shapes in a result file, by their line without the numbers."""
    if not path.exists():
        return {}
    lines = [line for line in path.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {
        "|".join(row[1:6]): float(row[6].replace(",", ""))
        for row in cells
        if len(row) == 9 and row[0].isdecimal()
    }


def main() -> None:
    """Measure the shapes that are left, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", help="numbers of shapes, from 1")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(SHAPES[options.measure - 1])))
        return
    if unknown := {*(options.only or ())} - {*range(1, len(SHAPES) + 1)}:
        parser.error(f"--only: expected a shape from 1 to {len(SHAPES)}, got {min(unknown)}")
    before = measured_before(options.out)
    measured = {n: before[key(s)] * 1e6 for n, s in enumerate(SHAPES, 1) if key(s) in before}
    for number, shape in enumerate(SHAPES, 1):
        if number not in options.only if options.only else number in measured:
            continue
        measured[number] = child(number)["bytes"]
        planned = estimate(shape)
        print(row(number, shape, planned["bytes"], measured[number]), flush=True)
        if options.only:
            parts = {k: round(v / 1e6) for k, v in planned["parts"].items() if v}
            print(f"    {planned['instant']}: {parts}", flush=True)
        write(options.out, measured)
    ratios = write(options.out, measured)
    if min(ratios) < LEAST or max(ratios) > MOST:
        sys.exit(f"an estimate is not between {LEAST} and {MOST} times the measured peak")


def key(shape: Shape) -> str:
    """The line of a shape without its number and what was measured."""
    return "|".join(cell.strip() for cell in row(1, shape, 1, 1).strip("|").split("|")[1:6])


def write(path: Path, measured: dict[int, float]) -> list[float]:
    """Write the result file, and return planned / measured of each shape."""
    import torch

    planned = {number: estimate(SHAPES[number - 1])["bytes"] for number in sorted(measured)}
    ratios = [planned[number] / measured[number] for number in planned]
    lines = [row(n, SHAPES[n - 1], planned[n], measured[n]) for n in planned]
    path.write_text(
        "\n".join(
            [
                "# Planned and measured memory",
                "",
                f"`python measurements/memory_plan.py` on {platform.machine()}, one thread, Python "
                f"{platform.python_version()}, torch {torch.__version__}. Peak of the resident set of a "
                "process that makes two updates, in MB, and the estimate of the dry run.",
                "",
                "| # | model | tuning | arithmetic | checkpointing | tokens x rows | measured | "
                "planned | ratio |",
                "|---|---|---|---|---|---|---|---|---|",
                *lines,
                "",
                f"{len(ratios)} shapes: planned / measured from {min(ratios):.3f} to {max(ratios):.3f}, "
                f"median {statistics.median(ratios):.3f}.",
                "",
            ]
        )
    )
    return ratios


if __name__ == "__main__":
    main()
