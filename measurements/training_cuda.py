"""Updates on a CUDA device: random models shaped like Qwen2.5, tokens per second, memory, FLOP share.

    python measurements/training.py            (which runs this on a CUDA machine)
    python measurements/training_cuda.py [--shapes 0.5B,1.5B,7B] [--peak TFLOPS]

Packed rows with long-tailed lengths, every setting of the policy at its default: bfloat16, and at 7B
LoRA of rank 16. The share of the peak counts model FLOPs without recomputation (2204.02311, appendix B):
2 per weight and token forward and 4 backward, for the body over all tokens and for the output head over
completion tokens; 4 x tokens attended x width per token and layer forward and twice that backward.
Where weights are frozen (LoRA) their gradients are not computed and count 2 in place of 4. Not run in
this project's tests: they have no GPU.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training_rollouts import Lengths, Rollouts, draw_rollouts

RESULT = Path(__file__).parent / "results" / "training_cuda.md"
SHAPES: dict[str, dict[str, Any]] = {
    "0.5B": {
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "1.5B": {
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "7B": {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vocab_size": 152064,
        "tie_word_embeddings": False,
    },
}
GOALS = {"0.5B": 0.20, "1.5B": 0.30, "7B": 0.40}
PEAKS = {"H200": 989.0, "H100": 989.0, "A100": 312.0, "L40S": 362.0, "RTX 4090": 165.0}
"""Dense bfloat16 TFLOPS by the makers' data sheets (SXM parts)."""
LENGTHS = Lengths(prompt=256, median=700, longest=3072, spread=0.8)
UPDATES = 3
BUDGET = 16384


def flops(shape: dict[str, Any], rollouts: Rollouts, *, lora: bool) -> float:
    """Model FLOPs of one update."""
    hidden, layers = shape["hidden_size"], shape["num_hidden_layers"]
    head_size = hidden // shape["num_attention_heads"]
    attention = 2 * hidden * hidden + 2 * hidden * head_size * shape["num_key_value_heads"]
    body = layers * (attention + 3 * hidden * shape["intermediate_size"])
    head = hidden * shape["vocab_size"]
    completions = sum(map(len, rollouts.completions))
    per_weight = 4 if lora else 6
    dense = per_weight * (body * rollouts.tokens + head * completions)
    lengths = [len(p) + len(c) for p, c in zip(rollouts.prompts, rollouts.completions, strict=True)]
    # A causal row of n tokens attends to n (n + 1) / 2: scores and values, forward and backward.
    attended = sum(length * (length + 1) / 2 for length in lengths)
    return float(dense + 3 * 4 * layers * hidden * attended)


def measure(name: str) -> dict[str, Any]:
    """Seconds of an update and peak memory; in a process of its own."""
    import torch
    from training_ours import replay, training_config
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from trainers.open_policy import resolve
    from trainers.policy import Policy

    shape = SHAPES[name]
    rollouts = draw_rollouts(LENGTHS, groups=8, group=8, vocabulary=shape["vocab_size"])
    config = training_config(rollouts, token_budget=BUDGET, learning_rate=1e-6)
    device = torch.device("cuda")
    settled = resolve(config, int(float(name[:-1]) * 1e9), device="cuda")
    torch.manual_seed(0)
    with device:
        model = Qwen2ForCausalLM._from_config(
            Qwen2Config(**shape, max_position_embeddings=32768), dtype=settled.weights_dtype
        )
    lora = settled.lora is not None
    policy = Policy(
        model,
        None,
        compute_dtype=settled.compute_dtype,
        lora=settled.lora,
        gradient_checkpointing=settled.gradient_checkpointing,
    )
    if settled.masters_on_host:
        policy.master_device = torch.device("cpu")
    clock = replay(policy, rollouts, config, updates=UPDATES)
    seconds = sorted(clock.wall)[UPDATES // 2]
    return {
        "shape": name,
        "lora": lora,
        "policy": policy.describe(),
        "torch": torch.__version__,
        "tokens": rollouts.tokens,
        "seconds": clock.wall,
        "tokens_per_second": rollouts.tokens / seconds,
        "peak_gb": torch.cuda.max_memory_allocated() / 1e9,
        "tflops": flops(shape, rollouts, lora=lora) / seconds / 1e12,
        "gpu": torch.cuda.get_device_name(),
    }


def lines(rows: Sequence[dict[str, Any]], peak: float) -> list[str]:
    """The table, with the share of the peak and its goal."""
    text = [
        "| model | tuning | tokens/s | peak GB | TFLOPS | share of the bfloat16 peak | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        share, tuning = row["tflops"] / peak, "LoRA" if row["lora"] else "full"
        text.append(
            f"| {row['shape']} | {tuning} | {row['tokens_per_second']:,.0f} | "
            f"{row['peak_gb']:.1f} | {row['tflops']:.0f} | {share:.0%} | {GOALS[row['shape']]:.0%} |"
        )
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--peak", type=float, help="bfloat16 TFLOPS of the GPU")
    parser.add_argument("--out", type=Path, default=Path("runs/training"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    rows = []
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.shapes.split(","):
        path = options.out / f"cuda-{name}.json"
        if not path.exists():
            command = [sys.executable, __file__, "--one", name]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            path.write_text(done.stdout.splitlines()[-1])
        rows.append(json.loads(path.read_text()))
    gpu = rows[0]["gpu"]
    peak = options.peak or next((tflops for part, tflops in PEAKS.items() if part in gpu), None)
    if peak is None:
        sys.exit(f"expected --peak TFLOPS for {gpu}, got none")
    text = [
        "# Training on a GPU",
        "",
        f"{gpu}, torch {rows[0]['torch']}, {rows[0]['tokens']:,} tokens an update in rows of "
        f"{BUDGET:,}, median of {UPDATES}; FLOPs as `measurements/training_cuda.py` counts them.",
        "",
        *lines(rows, peak),
    ]
    RESULT.write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()
