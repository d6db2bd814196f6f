"""The correction between sampler and learner as verl's `algorithm.rollout_correction`.

verl has two parts: weights (`rollout_is`: the ratio, clamped from above or set to 0 out of bounds) and
rejection (`rollout_rs`: a mask by the k1, k2 or k3 statistic of a token or a sequence)
(trainer/ppo/rollout_corr_helper.py). Its bounds of k1 are those of exp(k1), the inverse of the ratio.
"""

from __future__ import annotations

from math import exp

from trainers.config import TrainConfig
from trainers.verl.overrides import Values

_KEY = "algorithm.rollout_correction"
_OPEN = 1e300
"""A bound that no ratio reaches, and its inverse: both sides of exp(k1) need one."""
_NO_TRUNCATION = 1e9
"""Above exp(20), the largest weight in verl and here."""
_REJECTIONS = {"token": "token", "sequence": "seq_sum", "geometric": "seq_mean", "any": "seq_max"}


def mismatch_values(config: TrainConfig) -> Values:
    """The overrides; `mismatch_refusals` has refused what has none."""
    level: str = config.mismatch_level
    action = config.mismatch_action
    weights: Values = {f"{_KEY}.rollout_is": None, f"{_KEY}.rollout_is_threshold": 2.0}
    rejection: Values = {f"{_KEY}.rollout_rs": None, f"{_KEY}.rollout_rs_threshold": None}
    if level == "none":
        return {**weights, **rejection}
    if action == "truncate":
        high = config.mismatch_high
        weights = _weights(level, _NO_TRUNCATION if high is None else high)
    elif action == "mask" and config.mismatch_statistic == "ratio":
        low, high = _ratio_bounds(config)
        weights = _weights(level, f"{low}_{high}")
    else:
        if action == "mask":
            weights = _weights(level, _NO_TRUNCATION)
        rejection = _rejection(config)
    return {**weights, **rejection}


def mismatch_refusals(config: TrainConfig) -> list[str]:
    """What of the correction verl cannot express, each as "setting = value: reason"."""
    level: str = config.mismatch_level
    action = config.mismatch_action
    named = f"mismatch_level = {level}, mismatch_action = {action}"
    if level == "none":
        return []
    found: list[str] = []
    if action != "reject" and level not in ("token", "sequence"):
        found.append(
            f"{named}: verl has weights of tokens and sequences only; set reject or sequence"
        )
    if action == "truncate" and (config.mismatch_low or 0) > 0:
        found.append("mismatch_low: verl bounds truncated weights from above only; set none")
    if config.ratio == "sequence" and level == "token":
        found.append(
            f"{named}: with ratio = sequence verl applies it to each token's gradient; set sequence"
        )
    if action == "reject" or (action == "mask" and config.mismatch_statistic != "ratio"):
        found += _rejection_refusals(config, named)
    return found


def _rejection_refusals(config: TrainConfig, named: str) -> list[str]:
    statistic: str = config.mismatch_statistic
    level: str = config.mismatch_level
    found = []
    if statistic in ("k2", "k3") and (config.mismatch_low or 0) > 0:
        found.append(f"mismatch_low: verl bounds {statistic} from above only; set none")
    if statistic in ("ratio", "k1") and level == "any":
        found.append(
            f"{named}, mismatch_statistic = {statistic}: verl has it for k2 and k3; set k3"
        )
    if level == "token" and config.aggregate == "sequence":
        found.append(
            f"{named}, aggregate = sequence: verl divides by the tokens that are left of a sequence; "
            "set mismatch_level = sequence"
        )
    if config.kl_coefficient or config.entropy_coefficient:
        found.append(
            f"{named}: verl takes rejected tokens out of the KL and entropy terms too; set both 0"
        )
    return found


def _weights(level: str, threshold: float | str) -> Values:
    return {f"{_KEY}.rollout_is": level, f"{_KEY}.rollout_is_threshold": threshold}


def _ratio_bounds(config: TrainConfig) -> tuple[float, float]:
    """Bounds of the ratio, both positive; an open side is out of reach."""
    low, high = config.mismatch_low, config.mismatch_high
    return (low if low and low > 0 else 1 / _OPEN), (_OPEN if high is None else high)


def _exp(bound: float) -> float:
    return min(max(exp(min(bound, 600)), 1 / _OPEN), _OPEN)


def _rejection(config: TrainConfig) -> Values:
    statistic = config.mismatch_statistic
    if statistic == "ratio":  # low <= r <= high is 1/high <= exp(k1) <= 1/low
        low, high = _ratio_bounds(config)
        bounds: float | str = f"{1 / high}_{1 / low}"
    elif statistic == "k1":
        least, most = config.mismatch_low, config.mismatch_high
        bounds = (
            f"{1 / _OPEN if least is None else _exp(least)}_{_OPEN if most is None else _exp(most)}"
        )
    else:
        bounds = _OPEN if config.mismatch_high is None else config.mismatch_high
    kind = "k1" if statistic == "ratio" else statistic
    return {
        f"{_KEY}.rollout_rs": f"{_REJECTIONS[config.mismatch_level]}_{kind}",
        f"{_KEY}.rollout_rs_threshold": bounds,
    }
