"""The card of a matched set: its `README.md`, which makes the folder a Hugging Face dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.card import NAME, origin_options, set_size, shell_quoted
from generators.competition.account import cell_table

__all__ = ["NAME", "card"]
_TEMPLATE = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")


def card(config: Mapping[str, Any], account: Mapping[str, Any]) -> str:
    """The card's text, from the configuration and the account of a matched set."""
    seed_options = origin_options(config["origin"])
    for file in config.get("twin_files", []):
        seed_options += f" --decontaminate {shell_quoted(file['name'])}"
    if config.get("drop"):
        seed_options += " --drop"
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
        cells="\n".join(f"| {' | '.join(row)} |" for row in cell_table(account["cells"])),
        prices="\n".join(f"| {points} | {cost:,} |" for points, cost in account["price"].items()),
        restriction=restriction,
        seed_options=seed_options,
    )
