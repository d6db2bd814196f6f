"""Measure the peak memory of an update: it follows the token budget, not the number of rollouts.

    python measurements/training_memory.py CHECKPOINT [--work runs/training-memory]

CHECKPOINT is a folder of SmolLM2-135M. Each case makes two updates in a process of its own, with the
trainer's own code: packed rows of at most 1,024 tokens, output head in chunks, AdamW in float32. The
peak is that of the process's resident set, which includes Python, torch and the AdamW state. The
sampler shares the learner's weights, so there is no second copy. A case whose result is in the work
folder is not measured again.

A random model of the same shape is measured with its vocabulary and with twice its vocabulary. Writes
`measurements/results/training_memory.md` and exits with status 1 if a bound is missed: 5.2 GB for 16
rollouts, within 5% of that for 32 and for 16 long-tailed ones up to 512 tokens, less than 10% more for
the doubled vocabulary beyond its weights.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from checkpoint_folder import checkpoint_folder

from clean_bench.cli.main import ENVIRONMENT

RESULT = Path(__file__).parent / "results" / "training_memory.md"
BUDGET = 1024
PROMPT = 104
SHORT, LONG = 64, 512
MOST_GB, MOST_SHARE, MOST_DOUBLED = 5.2, 0.05, 0.10


@dataclass(frozen=True)
class Case:
    """`vocabulary`: 0 for the checkpoint itself, else of a random model of its shape."""

    name: str
    rollouts: int = 16
    long_tailed: bool = False
    compute: str = "float32"
    rank: int = 0
    checkpointing: bool = False
    vocabulary: int = 0


CASES = (
    Case("16 rollouts"),
    Case("32 rollouts", rollouts=32),
    Case("16 long-tailed", long_tailed=True),
    Case("random, vocabulary 49,152", vocabulary=49_152),
    Case("random, vocabulary 98,304", vocabulary=98_304),
    Case("16 rollouts, bfloat16 autocast", compute="bfloat16"),
    Case("16 rollouts, LoRA rank 16", rank=16),
    Case("16 rollouts, gradient checkpointing", checkpointing=True),
)


def completion_lengths(case: Case) -> list[int]:
    """Tokens of each completion: up to 64, or with a long tail up to 512."""
    import torch

    generator = torch.Generator().manual_seed(0)
    if not case.long_tailed:
        return torch.randint(40, SHORT + 1, (case.rollouts,), generator=generator).tolist()
    lengths = torch.empty(case.rollouts).log_normal_(4.6, 0.8, generator=generator)
    return [LONG, *lengths.clamp(8, LONG).int().tolist()[1:]]


def measure(checkpoint: str, case: Case) -> dict[str, float]:
    """Two updates in this process."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from trainers.batching import Document, pack, spread, token_weights
    from trainers.host_memory import release_free_memory
    from trainers.lora import LoraSettings
    from trainers.optimizers import make_optimizer
    from trainers.policy import Policy
    from trainers.policy_settings import PolicySettings

    torch.set_num_threads(1)
    if case.vocabulary:
        config = AutoConfig.from_pretrained(checkpoint)
        config.vocab_size = case.vocabulary
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    else:
        model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    policy = Policy(
        model,
        None,
        compute_dtype=getattr(torch, case.compute),
        lora=LoraSettings(rank=case.rank) if case.rank else None,
        gradient_checkpointing=case.checkpointing,
    )
    optimizer = make_optimizer(policy.trainable(), PolicySettings(), master_device="cpu")
    generator = torch.Generator().manual_seed(1)

    def ids(count: int) -> list[int]:
        return torch.randint(3, 49_000, (count,), generator=generator).tolist()

    lengths = completion_lengths(case)
    documents = [Document(ids(PROMPT), ids(length)) for length in lengths]
    weights = token_weights(lengths, "token")
    advantages = [1.0 if place % 2 else -1.0 for place in range(len(lengths))]
    began = time.process_time()
    for _ in range(2):
        optimizer.zero_grad()
        for row in pack(documents, BUDGET):
            release_free_memory()
            logp, _ = policy.logprobs(row)
            ratio = (logp - logp.detach()).exp()
            loss = -(ratio * spread(row, advantages) * spread(row, weights)).sum()
            optimizer.scaled(loss).backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    return {
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "tokens": sum(map(len, documents)),
        "completion": sum(lengths),
        "weights": sum(p.numel() for p in model.parameters()) * 4 / 1e9,
        "seconds": time.process_time() - began,
    }


def measure_apart(checkpoint: str, case: Case, stored: Path) -> dict[str, float]:
    """The stored measurement of a case, or that of a new process."""
    results = json.loads(stored.read_text()) if stored.exists() else {}
    wanted = {"case": asdict(case), "checkpoint": checkpoint}
    if {key: results.get(case.name, {}).get(key) for key in wanted} != wanted:
        command = [sys.executable, __file__, checkpoint, "--case", case.name]
        environment = {**os.environ, **ENVIRONMENT, "OMP_NUM_THREADS": "1"}
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
        if run.returncode:
            sys.exit(f"{case.name}: ended with status {run.returncode}")
        results[case.name] = {**wanted, **json.loads(run.stdout.splitlines()[-1])}
        stored.write_text(json.dumps(results, indent=1))
    values: dict[str, float] = results[case.name]
    print(f"{case.name}: {values['peak']:.2f} GB, {values['seconds']:.0f} CPU seconds", flush=True)
    return values


def report(results: dict[str, dict[str, float]]) -> tuple[str, list[str]]:
    """The table as Markdown, and the bounds that were missed."""
    peak = {name: values["peak"] for name, values in results.items()}
    base = peak["16 rollouts"]
    lines = [
        "# Peak memory of an update",
        "",
        "SmolLM2-135M (576 wide, 30 layers, 49,152 tokens of vocabulary), AdamW, rows of at most",
        "1,024 tokens, two updates. The peak is that of the resident set of a process of its own.",
        "",
        "| case | tokens | of these completion | peak, GB | to 16 rollouts | CPU seconds |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {values['tokens']:,} | {values['completion']:,} | {values['peak']:.2f} "
        f"| {values['peak'] / base - 1:+.1%} | {values['seconds']:.0f} |"
        for name, values in results.items()
    ]
    single, double = (results[f"random, vocabulary {size}"] for size in ("49,152", "98,304"))
    weights = double["weights"] - single["weights"]
    growth = double["peak"] - single["peak"] - weights
    state = growth - 3 * weights  # gradients and both moments
    lines += [
        "",
        f"Twice the vocabulary adds {weights:.2f} GB of weights. The peak grows by {growth:.2f} GB "
        f"beyond them ({growth / single['peak']:.1%}), of which {3 * weights:.2f} GB are their "
        f"gradients and moments; {state:.2f} GB remain ({state / single['peak']:.1%}).",
        "",
        f"Bounds: {MOST_GB} GB for 16 rollouts; 32 and the long tail within {MOST_SHARE:.0%} of it; "
        f"{MOST_DOUBLED:.0%} more for twice the vocabulary beyond its weights.",
        "",
        f"torch {version('torch')}, transformers {version('transformers')}, Python "
        f"{platform.python_version()}, {platform.machine()}, one thread.",
        "",
    ]
    bounds = {
        f"16 rollouts: at most {MOST_GB} GB": base <= MOST_GB,
        "32 rollouts: within 5%": abs(peak["32 rollouts"] / base - 1) <= MOST_SHARE,
        "16 long-tailed: within 5%": abs(peak["16 long-tailed"] / base - 1) <= MOST_SHARE,
        "twice the vocabulary: less than 10%": growth / single["peak"] < MOST_DOUBLED,
    }
    return "\n".join(lines), [name for name, kept in bounds.items() if not kept]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkpoint", type=checkpoint_folder, help="folder of SmolLM2-135M")
    parser.add_argument("--work", type=Path, default=Path("runs/training-memory"))
    parser.add_argument("--case", help="measure one case in this process and print it")
    options = parser.parse_args()
    if options.case:
        case = next(case for case in CASES if case.name == options.case)
        print(json.dumps(measure(str(options.checkpoint), case)))
        return 0
    options.work.mkdir(parents=True, exist_ok=True)
    stored = options.work / "cases.json"
    folder = str(options.checkpoint)
    results = {case.name: measure_apart(folder, case, stored) for case in CASES}
    text, missed = report(results)
    RESULT.write_text(text)
    print(text)
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
