"""Check the description of the policy in the configuration of a training against its settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.artifacts.manifest import NAME
from trainers.config import TrainConfig
from trainers.policy_settings import BASE_SHA256
from trainers.update import recomputes

_DTYPES = ("float32", "bfloat16", "float16")


def check_policy(artifact: Artifact, config: TrainConfig) -> Iterator[Failure]:
    """Entries that contradict the settings; what `auto` resolves to depends on the machine too."""
    policy, engine = artifact.config["policy"], artifact.config["engine"]
    lora = BASE_SHA256 in policy
    in_float32 = engine["engine"] == "transformers" and policy["compute_dtype"] == "float32"
    expected: dict[str, tuple[Any, ...]] = {
        "compute_dtype": _set_or(config.compute_dtype, _DTYPES),
        "weights_dtype": _set_or(config.weights_dtype, _DTYPES),
        "gradient_checkpointing": {"on": (True,), "off": (False,)}.get(
            config.gradient_checkpointing, (True, False)
        ),
        "device": ("cpu", "cuda", "mps", "xpu"),
        "masters": ("cpu",) if config.masters == "host" else ("cpu", policy["device"]),
        "recomputes_old_logprobs": (recomputes(config, in_float32),),
    }
    names = {*expected, "trainable_parameters", *([BASE_SHA256] if lora else [])}
    if set(policy) != names:
        yield _failure(f"expected {', '.join(sorted(names))}, got {', '.join(sorted(policy))}")
        return
    for name, values in expected.items():
        if not any(policy[name] == value and type(policy[name]) is type(value) for value in values):
            listed = " or ".join(map(str, values))
            yield _failure(f"{name} is {policy[name]}, expected {listed}")
    if config.tuning != "auto" and lora != (config.tuning == "lora"):
        yield _failure(f"{BASE_SHA256} is {'there' if lora else 'missing'} at {config.tuning}")
    count = policy["trainable_parameters"]
    if type(count) is not int or count < 1:
        yield _failure(f"trainable_parameters is {count!r}, expected a number of at least 1")


def _set_or(setting: str, possible: tuple[str, ...]) -> tuple[str, ...]:
    return possible if setting == "auto" else (setting,)


def _failure(what: str) -> Failure:
    return Failure(NAME, f"config: policy: {what}")
