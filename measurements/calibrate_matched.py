"""The difficulty of the matched set on a panel of open checkpoints.

    make calibrate-matched MATH500=FILE OUT=FOLDER PANEL="meta-llama/Llama-3.2-1B-Instruct ..."
    python measurements/calibrate_matched.py CHECKPOINT... --math500 FILE --out FOLDER

Draws the same number of instances of every template from the seed "calibration-1" (bound sets have
new items every time, so the difficulty of templates is measured, not that of items), and scores
every checkpoint on them and on MATH-500, with samples at temperature 0.8. Planned for one GPU: with
the defaults 169 templates x 20 instances x 8 samples and 500 x 8 samples are 31,040 completions a
checkpoint. Interrupted, the same command resumes: finished scores are kept.

Writes FOLDER/matched_panel.md: accuracy on the kin problems of MATH-500 and on the matched set, by
checkpoint, by subject and level; Page's test for accuracy that falls with the level; the difference
of every checkpoint relative to the others of the panel, with two one-sided tests against a margin of
6 points; and the templates whose accuracy is nearer to that of a neighbouring level. Checkpoints near
0 or 100% show nothing about difficulty and are left out of the panel. From three others on, `--store`
writes generators/competition/panel.toml, after which reports name the panel, and the checkpoints for
which the difference is shown to be within the margin.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.artifacts import Artifact
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.errors import UserError
from clean_bench.problems import (
    Problem,
    ProblemSet,
    load_folder,
    load_problems,
    stored_sets,
    write_folder,
)
from clean_bench.problems.kin import kin_problems
from clean_bench.samples import TABLE
from clean_bench.scoring.variant_groups import scores_of
from generators.competition.draw import draw_groups
from generators.competition.panel import FILE, MARGIN
from generators.competition.plan import VARIANTS, MatchedPlan
from generators.competition.profile import DEFAULT, LEVELS, profile_named
from generators.competition.registry import templates
from generators.competition.template import SUBJECTS
from generators.set_plan import master_seed

SEED = "calibration-1"
LEAST_PANEL = 3
INFORMATIVE = (0.1, 0.9)
"""Accuracies between which a checkpoint tells whether two sets are equally difficult. Near 0 and 1 any
two sets look alike."""
BANDS = ((1, 2), (3, 3), (4, 4), (5, 5))


class Measured(NamedTuple):
    """One checkpoint: accuracy by problem of the public set and of the matched one."""

    name: str
    public: Mapping[str, float]
    matched: Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("--math500", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--instances", type=int, default=20, help="of a template; default 20")
    parser.add_argument("--samples", type=int, default=8, help="0 decodes greedily; default 8")
    parser.add_argument("--limit", type=int, help="only so many public problems, to try it")
    parser.add_argument(
        "--store", action="store_true", help="write generators/competition/panel.toml"
    )
    parser.add_argument(
        "--options", nargs=argparse.REMAINDER, default=[], help="of clean-bench score"
    )
    options = parser.parse_args()
    if options.store and options.limit:
        parser.error("--store: expected the whole benchmark, got --limit")
    try:
        require_different(options.checkpoints)
        problems = panel_set(options.out / "set", options.instances)
        public = public_set(options.out / "public", options.math500, options.limit)
    except UserError as error:
        parser.error(str(error))
    measured = [
        scored(checkpoint, options, options.out / f"scores-{number}")
        for number, checkpoint in enumerate(options.checkpoints)
    ]
    of_kin = kin_problems(problems.problems, public.problems)
    text = report(problems.problems, of_kin, measured, options.samples)
    (options.out / "matched_panel.md").write_text(text)
    print(text)
    if options.store:
        panel = [m for m in measured if informative(m, of_kin, problems.problems)]
        if len(panel) < LEAST_PANEL:
            sys.exit(
                f"--store: expected at least {LEAST_PANEL} checkpoints with an accuracy between "
                f"{INFORMATIVE[0]:.0%} and {INFORMATIVE[1]:.0%}, got {len(panel)}; nothing is stored"
            )
        FILE.write_text(stored(problems.problems, of_kin, panel))


def require_different(names: Sequence[str]) -> None:
    """Resolve every checkpoint before the first is scored.

    Raises:
        UserError: for a name without a checkpoint, or two names of the same weights.
    """
    known: dict[str, str] = {}
    for name in names:
        weights = resolve_checkpoint(name).weights_sha256
        if weights in known:
            raise UserError(
                f"{name}: expected different checkpoints, got the weights of {known[weights]}"
            )
        known[weights] = name


def panel_set(folder: Path, instances: int) -> ProblemSet:
    """The same number of instances of every template.

    Raises:
        UserError: if the folder holds another set.
    """
    rows = []
    for name in templates():
        groups = -(-instances // VARIANTS)
        plan = MatchedPlan(profile_named(DEFAULT), groups, master_seed(seed=SEED), template=name)
        drawn = [row.problem for group in draw_groups(plan) for row in group]
        rows += drawn[:instances]
    return kept(folder, ProblemSet("matched", rows, role="matched"))


def public_set(folder: Path, source: str, limit: int | None) -> ProblemSet:
    """The benchmark, or its first problems.

    Raises:
        UserError: if the folder holds another set, or there is no such file.
    """
    return kept(folder, load_problems(f"math500={source}").head(limit))


def kept(folder: Path, problems: ProblemSet) -> ProblemSet:
    """The set, stored. Scores are kept beside it.

    Raises:
        UserError: if the folder holds another set.
    """
    if not Artifact.is_finished(folder):
        write_folder(folder, problems, {"command": "calibrate-matched"})
    stored = load_folder(folder, problems.name)
    if [(p.problem, p.answer) for p in stored] != [(p.problem, p.answer) for p in problems]:
        raise UserError(
            f"{folder}: expected the {len(problems)} problems of this command, got {len(stored)} "
            "others; choose another --out"
        )
    return stored


def scored(checkpoint: str, options: argparse.Namespace, out: Path) -> Measured:
    """Score a checkpoint with the command, which resumes, and read the accuracies."""
    command = [sys.executable, "-m", "clean_bench", "score", checkpoint]
    for name in ("set", "public"):
        command += ["--on", str(options.out / name)]
    command += ["--samples", str(options.samples), "--out", str(out)]
    if options.samples:
        command += ["--temperature", "0.8"]
    status = subprocess.run([*command, *options.options]).returncode
    if status:
        sys.exit(status)
    artifact = Artifact.load(out, "scores")
    import pyarrow as pa

    table = pa.concat_tables(artifact.tables(TABLE))
    template = table["template"][0].as_py()
    public, matched = (scores_of(table, name, template).accuracy for name in ("public", "set"))
    assert set(stored_sets(artifact)) == {"public", "set"}
    return Measured(checkpoint, public, matched)


def report(
    matched: Sequence[Problem],
    of_kin: Sequence[Problem],
    measured: Sequence[Measured],
    samples: int,
) -> str:
    """The report of a panel; `of_kin` are the public problems of the kinds of the matched set."""
    lines = [
        "# The matched set on a panel of open checkpoints",
        "",
        f"`make calibrate-matched`; {len(templates())} templates, {len(matched):,} problems, "
        f"{len(of_kin)} kin problems of MATH-500; "
        + (f"{samples} samples at temperature 0.8." if samples else "greedy completions."),
        "",
        "| checkpoint | kin of MATH-500 | matched | difference | relative to the rest of the panel | "
        f"within {100 * MARGIN:.0f} points |",
        "|---|---|---|---|---|---|",
    ]
    panel = [m for m in measured if informative(m, of_kin, matched)]
    for m in measured:
        relative, verdict = "–", "–"
        if m not in panel:
            verdict = "accuracy near 0 or 100%"
        elif len(panel) > 1:
            value, error = relative_difference(panel, panel.index(m), of_kin, matched)
            relative = f"{100 * value:+.1f} (standard error {100 * error:.1f})"
            verdict = "yes" if equivalent(value, error) else "not shown"
        difference = mean(m.public, of_kin) - mean(m.matched, matched)
        lines.append(
            f"| {m.name} | {100 * mean(m.public, of_kin):.1f}% | {100 * mean(m.matched, matched):.1f}% "
            f"| {100 * difference:+.1f} (standard error "
            f"{100 * standard_error(m, of_kin, matched):.1f}) | {relative} | {verdict} |"
        )
    if not panel:
        return "\n".join([*lines, "", "No checkpoint says how difficult the two sets are.", ""])
    lines += ["", "Mean accuracy of the panel, kin of MATH-500 / matched:", ""]
    lines += [f"| subject | {' | '.join(band_name(b) for b in BANDS)} | Page's test, p |"]
    lines += [f"|---|{'---|' * (len(BANDS) + 1)}"]
    for subject in SUBJECTS.values():
        cells = []
        for band in BANDS:
            sides = [
                panel_mean(panel, rows, side, subject, band)
                for side, rows in (("public", of_kin), ("matched", matched))
            ]
            cells.append(" / ".join("–" if s is None else f"{100 * s:.0f}%" for s in sides))
        lines.append(f"| {subject} | {' | '.join(cells)} | {page_p(panel, matched, subject)} |")
    moved = nearer_levels(panel, matched)
    lines += ["", f"Templates nearer to a neighbouring level: {len(moved)}.", ""]
    if moved:
        lines += ["| template | level | accuracy | nearer to |", "|---|---|---|---|", *moved]
    return "\n".join([*lines, ""])


def mean(accuracy: Mapping[str, float], problems: Sequence[Problem]) -> float:
    """The mean over the decided problems."""
    values = [accuracy[p.id] for p in problems if not np.isnan(accuracy.get(p.id, np.nan))]
    return float(np.mean(values)) if values else float("nan")


def standard_error(m: Measured, public: Sequence[Problem], matched: Sequence[Problem]) -> float:
    """Of the difference: problems are the units of one side, templates of the other."""
    first = [m.public[p.id] for p in public if not np.isnan(m.public.get(p.id, np.nan))]
    by_template = list(template_means(m.matched, matched).values())
    parts = [np.var(v, ddof=1) / len(v) for v in (first, by_template) if len(v) > 1]
    return float(np.sqrt(sum(parts)))


def informative(m: Measured, of_kin: Sequence[Problem], matched: Sequence[Problem]) -> bool:
    """Whether the mean accuracy on the two sets is not near 0 or 1."""
    middle = (mean(m.public, of_kin) + mean(m.matched, matched)) / 2
    return INFORMATIVE[0] <= middle <= INFORMATIVE[1]


def relative_difference(
    measured: Sequence[Measured], place: int, public: Sequence[Problem], matched: Sequence[Problem]
) -> tuple[float, float]:
    """Public minus matched of a checkpoint, minus the mean of the others; and its standard error.

    Item by item: what an item or a template adds to all checkpoints alike cancels.
    """
    differences = [mean(m.public, public) - mean(m.matched, matched) for m in measured]
    variance = 0.0
    public_rows = [[m.public.get(p.id, np.nan) for p in public] for m in measured]
    matched_rows = [list(template_means(m.matched, matched).values()) for m in measured]
    for rows in (np.array(public_rows), np.array(matched_rows)):
        relative = rows[place] - np.delete(rows, place, axis=0).mean(axis=0)
        relative = relative[~np.isnan(relative)]
        if len(relative) > 1:
            variance += float(np.var(relative, ddof=1)) / len(relative)
    value = differences[place] - float(np.mean(differences[:place] + differences[place + 1 :]))
    return value, float(np.sqrt(variance))


def equivalent(value: float, error: float) -> bool:
    """Two one-sided tests at 5%: the difference is within the margin."""
    return abs(value) + 1.6449 * error < MARGIN


def template_means(accuracy: Mapping[str, float], matched: Sequence[Problem]) -> dict[str, float]:
    """The mean accuracy of each template, in the order of the registry."""
    by_template: dict[str, list[Problem]] = {name: [] for name in templates()}
    for problem in matched:
        by_template[problem.metadata["template"]].append(problem)
    return {name: mean(accuracy, rows) for name, rows in by_template.items() if rows}


def band_name(band: tuple[int, int]) -> str:
    return f"level {band[0]}" if band[0] == band[1] else f"levels {band[0]} and {band[1]}"


def panel_mean(
    measured: Sequence[Measured],
    problems: Sequence[Problem],
    side: str,
    subject: str,
    band: tuple[int, int],
) -> float | None:
    """The mean over the panel of the accuracy in a subject and band of levels."""
    rows = [p for p in problems if p.subject == subject and band[0] <= int(p.level or 0) <= band[1]]
    return float(np.mean([mean(getattr(m, side), rows) for m in measured])) if rows else None


def page_p(measured: Sequence[Measured], matched: Sequence[Problem], subject: str) -> str:
    """The p-value of Page's test that accuracy falls with the level; checkpoints are the judges."""
    from scipy.stats import page_trend_test

    rows = [[p for p in matched if p.subject == subject and p.level == str(n)] for n in LEVELS]
    table = [[mean(m.matched, of_level) for of_level in rows] for m in measured]
    if len(measured) < 2 or any(not of_level for of_level in rows):
        return "–"
    return f"{page_trend_test(-np.array(table), predicted_ranks=[1, 2, 3, 4, 5]).pvalue:.3f}"


def nearer_levels(measured: Sequence[Measured], matched: Sequence[Problem]) -> list[str]:
    """Rows of the templates whose accuracy is nearer to the mean of a neighbouring level."""
    accuracy = {
        name: float(np.mean([template_means(m.matched, matched)[name] for m in measured]))
        for name in template_means(measured[0].matched, matched)
    }
    rows = []
    for name, value in accuracy.items():
        template = templates()[name]
        distances = {}
        for level in (template.level - 1, template.level, template.level + 1):
            others = [
                accuracy[t.name]
                for t in templates().values()
                if (t.subject, t.level) == (template.subject, level)
                and t.name != name
                and t.name in accuracy
            ]
            if others:
                distances[level] = abs(value - float(np.mean(others)))
        own = distances.get(template.level)
        nearest = min(distances, key=lambda level: distances[level], default=template.level)
        if own is not None and distances[nearest] < own:
            rows.append(f"| {name} | {template.level} | {100 * value:.0f}% | level {nearest} |")
    return rows


def stored(
    matched: Sequence[Problem], of_kin: Sequence[Problem], measured: Sequence[Measured]
) -> str:
    """The text of panel.toml."""
    within = [
        m.name
        for place, m in enumerate(measured)
        if equivalent(*relative_difference(measured, place, of_kin, matched))
    ]
    means = [template_means(m.matched, matched) for m in measured]
    lines = [
        "# Written by `make calibrate-matched`: the checkpoints, those for which public minus matched,",
        "# relative to the others, is shown to be within the margin, and mean accuracy by template.",
        f"checkpoints = {json.dumps([m.name for m in measured])}",
        f"within_margin = {json.dumps(within)}",
        "",
        "[templates]",
    ]
    lines += [f"{name} = {np.mean([m[name] for m in means]):.4f}" for name in means[0]]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
