"""The tables of famous passages in the result file of `measurements/real_models.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from real_models_cells import AT, number_cell, percent_cell
from real_models_control import BY_TIER, LEVEL, Detection, above, of_tier, paired_tests
from real_models_parts import FRESH_NAME, PASSAGES, TRAIN
from real_models_probed import Model

from clean_bench.problems.famous_passages import NAME as FAMOUS
from clean_bench.problems.famous_passages import TIERS

_MOST_TITLES = 12


def tier_lines(model: Model) -> list[str]:
    """Famous passages by tier, and the titles of those that are reproduced."""
    lines = [
        "| tier | passages | exact match | case folded | look-up | ROUGE-L | log-prob. per token | own "
        "minus words exchanged, per token | own prefix minus donors, per token |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    results = model.parts[PASSAGES].results
    names = ("log-probability per token", "words exchanged", "donors")
    contrasts = [c for name in names for (_, of), c in BY_TIER.items() if name in of]
    for tier in map(str, TIERS):
        rows = results.where(set=FAMOUS, subset=f"tier={tier}")
        exact = rows.first(measure=f"exact_match{AT}")
        if exact is None:
            continue
        of = [entry for entry in model.passages if entry.problem.metadata["tier"] == tier]
        rates = ("exact_match", "exact_folded", "lookup_match")
        cells = [tier, str(exact.n), *(percent_cell(rows, rate) for rate in rates)]
        cells.append(number_cell(rows.first(measure=f"rouge_l{AT}")))
        for contrast in contrasts:
            values = [value for entry in of for value in [contrast(entry)] if value is not None]
            shown = f"{sum(values) / len(values):.3f}" if values else "not read"
            cells.append(f"{shown} (n = {len(values)})" if 0 < len(values) < len(of) else shown)
        lines.append(f"| {' | '.join(cells)} |")
    folded = [e for e in model.passages if e.number("reconstruction", "exact_folded")]
    titles = [f"{e.problem.metadata['title']} (tier {e.problem.metadata['tier']})" for e in folded]
    more = f", and {len(titles) - _MOST_TITLES} more" if len(titles) > _MOST_TITLES else ""
    listed = "; ".join(titles[:_MOST_TITLES]) + more if titles else "none"
    return [*lines, "", f"Reproduced, in any case of letters: {listed}."]


def control_lines(models: Sequence[Model], adjusted: Mapping[str, Sequence[float]]) -> list[str]:
    """The tests of the positive control."""
    count = sum(len(model.detections) for model in models)
    lines = [
        "A signal detects famous passages if passages are reproduced more often than by the look-up, or "
        "if those of tier 1 have more evidence than those of tier 4 of the same kind (poem, scripture, "
        "...; permutations inside each kind). Assumption of the second: without memorization the tier "
        "makes no difference among texts of one kind. Passages of tier 4 are archived too, so the test "
        "is conservative. Number sequences are left out. p-values are one-sided and adjusted (Holm) "
        f"over all {count} tests.",
        "",
        "| checkpoint | signal | question | passages | effect | p | adjusted p | detected |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for model in models:
        for row, p in zip(model.detections, adjusted[model.name], strict=True):
            lines.append(_detection_row(model, row, p))
    lines.append("")
    for model in models:
        signals = dict.fromkeys(
            row.signal
            for row, p in zip(model.detections, adjusted[model.name], strict=True)
            if p <= LEVEL
        )
        shown = f"detected by {', '.join(signals)}" if signals else "no signal detects them"
        recited = replace(model.control, detected=False).text
        lines.append(f"- {model.folder}: {shown}; {recited}.")
    return lines


def _detection_row(model: Model, row: Detection, adjusted: float) -> str:
    paired = row.question.endswith("look-up")
    cells = [
        model.folder,
        row.signal,
        row.question,
        str(row.first) if paired else f"{row.first} and {row.second}",
        f"{100 * row.effect:+.1f} points" if paired else f"P {row.effect:.2f}",
        f"{row.p:.2g}",
        f"{adjusted:.2g}",
        "yes" if adjusted <= LEVEL else "no",
    ]
    return f"| {' | '.join(cells)} |"


def contrast_lines(models: Sequence[Model]) -> list[str]:
    """Contrasts that any language model shows, and those between different kinds of text."""
    lines = [
        "Mean log-probability of the true suffix minus that of an altered one, or after another prefix, "
        "in nats per token of the suffix, with the sign-flip test. Any language model prefers words in "
        "their order and a text's own prefix, so these differences are no evidence of memorization.",
        "",
        "| checkpoint | set | contrast | problems | mean | p |",
        "|---|---|---|---|---|---|",
    ]
    for model in models:
        for name, entries in model.groups():
            lines += [
                f"| {model.folder} | {name} | {row.contrast} | {row.problems} | {row.mean:+.3f} | "
                f"{row.p:.2g} |"
                for row in paired_tests(entries)
            ]
    lines += [
        "",
        "Famous passages against mathematical problems: the probability that a passage has the larger "
        "value (Mann-Whitney). The kinds of text differ, so only the difference between the tiers is "
        "informative: a large value for tier 4 too is one of prose against mathematics.",
        "",
        "| checkpoint | evidence | against | tier 1 | tier 4 |",
        "|---|---|---|---|---|",
    ]
    for model in models:
        groups = dict(model.groups())
        for (_, evidence), contrast in BY_TIER.items():
            for null in (TRAIN, FRESH_NAME):
                if null not in groups:
                    continue
                compared = [
                    above(of_tier(model.passages, tier), groups[null], contrast)
                    for tier in (str(min(TIERS)), str(max(TIERS)))
                ]
                cells = [f"{c[0]:.2f} (p {c[1]:.2g})" for c in compared if c is not None]
                if len(cells) == len(compared):
                    lines.append(f"| {model.folder} | {evidence} | {null} | {' | '.join(cells)} |")
    return lines
