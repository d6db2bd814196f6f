"""The card of a set: its `README.md`, which makes the folder a Hugging Face dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "README.md"
_TEMPLATE = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
_HUB_SPLITS = {"all": "test", "train": "train", "eval": "test"}
_SIZES = {
    1_000: "n<1K",
    10_000: "1K<n<10K",
    100_000: "10K<n<100K",
    1_000_000: "100K<n<1M",
    10_000_000: "1M<n<10M",
}


def card(config: Mapping[str, Any], account: Mapping[str, Any]) -> str:
    """The card's text, from the configuration and the freshness account of a set.

    `datasets.load_dataset(DIR)` reads the header. The Hugging Face split is `train` for the split
    `train` and `test` otherwise; the table `draws` is the configuration `draws`.
    """
    low, high = config["steps"]
    steps = str(low) if low == high else f"{low}-{high}"
    files = config.get("decontamination")
    corpus = "" if files is None else " --decontaminate FILE,..." + " --drop" * files["drop"]
    rows = "\n".join(_row(tier, counts) for tier, counts in account["tiers"].items())
    return _TEMPLATE.format(
        config=config,
        account=account,
        steps=steps,
        size=set_size(config["count"]),
        split=_HUB_SPLITS[config["split"]],
        seed_options=origin_options(config["origin"]),
        corpus=corpus,
        rows=rows,
    )


def _row(tier: str, counts: Mapping[str, Any]) -> str:
    accuracy = 100 * counts["answers"]["most_common_accuracy"]
    return (
        f"| {tier} | {counts['n']:,} | {counts['label']} | {counts['bits']['min']:.1f} | "
        f"{counts['min_entropy']:.1f} | {accuracy:.2f}% |"
    )


def origin_options(origin: Mapping[str, Any]) -> str:
    """The options of `clean-bench generate` that give the origin of a set."""
    if "seed" in origin:
        return f"--seed {shell_quoted(origin['seed'])}"
    after = f" --round {shell_quoted(origin['round'])}" if "round" in origin else ""
    return f"--bind CHECKPOINT,...{after}"


def set_size(count: int) -> str:
    """The size category of the hub."""
    return next((name for most, name in _SIZES.items() if count < most), "10M<n<100M")


def shell_quoted(text: str) -> str:
    """Quote a text as one shell word on one line."""
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + "'"
