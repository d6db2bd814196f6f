"""The card of a matched set: its `README.md`, which makes the folder a Hugging Face dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.card import NAME, set_size, shell_quoted
from generators.competition.profile import LEVELS

__all__ = ["NAME", "card"]
_TEMPLATE = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")


def card(config: Mapping[str, Any], account: Mapping[str, Any]) -> str:
    """The card's text, from the configuration and the account of a matched set."""
    origin = config["origin"]
    if "seed" in origin:
        seed_options = f"--seed {shell_quoted(origin['seed'])}"
    else:
        seed_options = "--bind CHECKPOINT,..."
        if "round" in origin:
            seed_options += f" --round {shell_quoted(origin['round'])}"
    if config.get("twin_files"):
        seed_options += " --decontaminate FILE,..."
    restriction = "".join(
        f" --{name} {shell_quoted(str(config[name]))}"
        for name in ("subject", "level", "template")
        if config[name] is not None
    )
    if config["split"] != "all":
        restriction += f" --split {config['split']}"
    count = config["groups"] * config["variants"]
    return _TEMPLATE.format(
        profile=config["profile"],
        count=f"{count:,}",
        groups=config["groups"],
        size=set_size(count),
        claim=account["claim"],
        cells=cell_rows(account["cells"]),
        prices="\n".join(f"| {points} | {cost:,} |" for points, cost in account["price"].items()),
        restriction=restriction,
        seed_options=seed_options,
    )


def cell_rows(cells: Mapping[str, int]) -> str:
    """Rows of a Markdown table: the problems of each subject by level."""
    subjects = dict.fromkeys(name.rpartition(" ")[0] for name in cells)
    return "\n".join(
        f"| {subject} | {' | '.join(str(cells.get(f'{subject} {level}', 0)) for level in LEVELS)} |"
        for subject in subjects
    )
