"""One case of `measurements/training.py`, in a process of its own.

python training_case.py CASE OUT             writes one row of results to OUT
python training_case.py --difference A B     prints how much two gradients differ
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from training_clock import peak_memory
from training_rollouts import Rollouts


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """CPU and wall seconds of each timed update, and what else the case measures."""
    checkpoint = Path(case["checkpoint"])
    if case["side"].startswith("end-to-end"):
        from training_end_to_end import steps_ours, steps_trl

        steps = steps_ours if case["side"] == "end-to-end-ours" else steps_trl
        return steps(checkpoint)
    rollouts = Rollouts.read(Path(case["rollouts"]))
    settings: dict[str, Any] = {"updates": case["updates"]}
    if "gradient" in case:
        settings["gradient"] = Path(case["gradient"])
    if case["side"] == "ours":
        from training_ours import replay_ours

        settings |= {"compute_dtype": case["dtype"], "token_budget": case["token_budget"]}
        clock = replay_ours(checkpoint, rollouts, **settings)
    else:
        from training_trl import replay_trl

        settings |= {name: case[name] for name in ("dtype", "micro_batch", "checkpointing")}
        clock = replay_trl(checkpoint, rollouts, **settings)
    return {"cpu": clock.cpu, "wall": clock.wall}


def gradient_difference(ours: Path, theirs: Path) -> float:
    """Norm of the difference of two gradients, divided by the norm of the second."""
    first, second = load_file(ours), load_file(theirs)
    if first.keys() != second.keys():
        raise SystemExit(f"expected the same parameters, got {first.keys() ^ second.keys()}")
    apart = sum(float((first[name] - second[name]).double().square().sum()) for name in second)
    size = sum(float(gradient.double().square().sum()) for gradient in second.values())
    return float((apart / size) ** 0.5)


def main() -> None:
    if sys.argv[1] == "--difference":
        print(gradient_difference(Path(sys.argv[2]), Path(sys.argv[3])))
        return
    case = json.loads(sys.argv[1])
    row = {**run_case(case), "case": case, "peak_gb": peak_memory()}
    Path(sys.argv[2]).write_text(json.dumps(row))


if __name__ == "__main__":
    main()
