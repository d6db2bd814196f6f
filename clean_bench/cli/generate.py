"""`clean-bench generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from clean_bench.cli.common import emit, json_option, progress_bar, say
from clean_bench.cli.set_options import Several, names_of
from clean_bench.errors import UserError


@click.command("generate")
@click.argument("family")
@click.option(
    "--steps",
    required=True,
    metavar="N|LOW-HIGH",
    help="Tiers: how many operations a problem takes. With a range, the tiers take turns.",
)
@click.option("--count", type=int, default=1000, show_default=True, help="Problems in all.")
@click.option(
    "--bind",
    cls=Several,
    multiple=True,
    metavar="CHECKPOINT...",
    help="Derive the set from the weights of these checkpoints (a folder, a hub name or "
    "organism:NAME): it cannot have existed before them. To compare checkpoints, bind one set to "
    "all of them, after training.",
)
@click.option(
    "--round",
    "round_text",
    metavar="TEXT",
    help="With --bind: public randomness published after the weights were fixed (a beacon's "
    "value). It also rules out trying weights until the set is kind.",
)
@click.option(
    "--seed",
    metavar="TEXT",
    help="Instead of --bind: derive the set from any text. Anyone can make it, it is bound to "
    "nothing.",
)
@click.option(
    "--split",
    type=click.Choice(["all", "train", "eval"]),
    default="all",
    show_default=True,
    help="Draw from one half only: train and eval never share a computation, whatever their seeds. "
    "A half costs a bit of freshness (random-calculation: two less than the steps).",
)
@click.option(
    "--flavor",
    metavar="NAME",
    help="Another way of drawing: random-calculation has `paper`, the published grammar, operands "
    "and prompt sentence.",
)
@click.option(
    "--text",
    type=click.Choice(["latex", "plain"]),
    help="How formulas are printed; the default is what is usual in the family.",
)
@click.option(
    "--decontaminate",
    "corpora",
    cls=Several,
    multiple=True,
    metavar="FILE...",
    help="Search these files (JSON lines, JSON, Parquet, text, or problem-set folders) for "
    "contamination: for the computation of each item up to commutation, and for its 8-grams with "
    "numbers. Repeat the option or separate files by commas.",
)
@click.option(
    "--drop", is_flag=True, help="With --decontaminate: draw every item that a file contains again."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Processes; the rows do not depend on it. By default one for a small set, and one for "
    "each core from 50,000 problems on.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@json_option
def command(
    family: str,
    steps: str,
    count: int,
    bind: tuple[str, ...],
    round_text: str | None,
    seed: str | None,
    split: Literal["all", "train", "eval"],
    flavor: str | None,
    text: Literal["latex", "plain"] | None,
    corpora: tuple[str, ...],
    drop: bool,
    workers: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Make a set of fresh problems with exact answers.

    \b
    clean-bench generate random-calculation --steps 5-10 --bind organism:reciter --out fresh
    clean-bench generate stories --steps 5 --count 5000 --seed mine --split train --out train
    clean-bench generate fractions --steps 3 --seed x --decontaminate corpus.jsonl --drop --out clean

    FAMILY is one of `clean-bench list families`. A tier is called fresh from 60 bits an item on
    (for random-calculation from 5 steps); below that it measures skill, and a corpus may hold its
    items. The folder says what is proven about it and what is not, and `clean-bench verify` makes
    every row again. Stopped at any moment, the same line continues.
    """
    from generators.decontaminate import CorpusFiles
    from generators.plan import Plan, check, master_seed
    from generators.registry import flavored
    from generators.sampler import workers_for
    from generators.steps import parse_steps
    from generators.write import generate

    found = flavored(family, flavor)
    tiers = parse_steps(steps, found.tiers)
    if seed is not None and not seed.strip():
        raise UserError("--seed is empty: give any text")
    if seed is None and not bind:
        raise UserError("give --bind CHECKPOINT... or --seed TEXT: the set is derived from it")
    if seed is not None and (bind or round_text is not None):
        raise UserError("--seed goes without --bind and --round: leave one or the other out")
    if round_text is not None and not round_text.strip():
        raise UserError("--round is empty: give the public text that was mixed in")
    names = names_of(corpora)
    if drop and not names:
        raise UserError("--drop: expected --decontaminate FILE... beside it")
    check(Plan(found, *tiers, count, split, b"", text or found.notations[0]))
    origin = {"seed": seed} if seed is not None else _bound_to(bind, round_text)
    master = master_seed(seed=seed, bind=origin.get("bind", ()), round_text=round_text)
    if names:
        say(f"reading {', '.join(names)}")
    files = CorpusFiles(names, found, drop) if names else None
    with progress_bar("generating", count) as advance:
        artifact = generate(
            found.name,
            tiers,
            count,
            master=master,
            origin=origin,
            out=out,
            split=split,
            text=text,
            against=files,
            workers=workers or workers_for(count),
            progress=advance,
        )
    account = artifact.metadata["freshness"]
    account["tiers"] = dict(sorted(account["tiers"].items(), key=lambda tier: int(tier[0])))
    data = {
        "out": str(out),
        **artifact.config,
        "content_sha256": artifact.manifest["tables"]["problems"]["content_sha256"],
        "freshness": account,
    }
    emit(as_json, data, "\n".join([*_lines(account["tiers"]), "", account["claim"]]))


def _bound_to(names: tuple[str, ...], round_text: str | None) -> dict[str, Any]:
    """The origin of a set that is bound to checkpoints."""
    from clean_bench.experiments.names import weights_of

    hashes = sorted(set(weights_of(names).values()))
    say(f"hashed the weights of {', '.join(names)}")
    mixed_in = {} if round_text is None else {"round": round_text}
    return {"bind": hashes, "names": list(names), **mixed_in}


def _lines(tiers: dict[str, Any]) -> list[str]:
    """The tiers as a small table."""
    lines = [f"{'steps':>5} {'items':>7} {'least bits':>10}  label  always the commonest answer"]
    for tier, account in tiers.items():
        lines.append(
            f"{tier:>5} {account['n']:>7} {account['bits']['min']:>10.1f}  {account['label']:5}"
            f"  {100 * account['answers']['most_common_accuracy']:.2f}%"
        )
    return lines
