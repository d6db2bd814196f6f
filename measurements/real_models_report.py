"""The result file of `measurements/real_models.py`, from the stored probes and the recorded times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from real_models_cells import AT, number_cell, percent_cell
from real_models_clock import Clock
from real_models_parts import BENCHMARKS, DONORS, FRESH_NAME, LONGEST, PASSAGES, TRAIN
from real_models_passages import contrast_lines, control_lines, tier_lines
from real_models_probed import Model, Probed

from clean_bench.probing.claims import Basis, Claim, Control, compute_claims
from clean_bench.probing.flag_counts import count_flags
from clean_bench.probing.flags import LEVEL as FLAG_LEVEL
from clean_bench.probing.hypotheses import (
    ABOVE_LOOKUP,
    ABOVE_NULL,
    ABOVE_PARAPHRASE,
    ABOVE_RENUMBERED,
    Hypothesis,
)
from clean_bench.probing.matching import EXCHANGEABLE_UP_TO
from clean_bench.problems.famous_passages import NAME as FAMOUS
from clean_bench.statistics.multiple_testing import holm

MOST_MINUTES = 60.0
REMARKS = {
    ABOVE_LOOKUP: "decides whether L1 is claimed",
    ABOVE_NULL: "the null set may have been seen as often",
    ABOVE_RENUMBERED: "a model that only computes may prefer the true numbers too",
    ABOVE_PARAPHRASE: "a suffix fits its own prefix better than a reworded one without memory too",
}
TITLES = {
    "smollm2": "SmolLM2-135M-Instruct (4-bit GGUF, Q4_1)",
    "gemma": "Gemma 3 270M, base (4-bit GGUF, Q4_K_M)",
}


def total_minutes(clock: Clock) -> float:
    """Minutes of everything, over all runs."""
    return sum(clock.seconds.values(), 0.0) / 60


def result_file(out: Path, folders: Mapping[str, str], clock: Clock) -> str:
    """The whole file as Markdown.

    Args:
        folders: name of the folder of each checkpoint, by its name in the command.
    """
    models = [Model(out, name, folder) for name, folder in folders.items()]
    detected = _by_model(models, _holm_of_detections(models))
    tested = [(model, part, row) for model in models for part, row in model.hypotheses()]
    adjusted = [float(p) for p in holm([row.p for _, _, row in tested])]
    hypotheses = [
        (model, part, row._replace(p_holm=p))
        for (model, part, row), p in zip(tested, adjusted, strict=True)
    ]
    lines = _introduction(models)
    for model in models:
        of_model = [(part, row) for of, part, row in hypotheses if of is model]
        lines += ["", f"## {TITLES[model.name]}", "", *_rates(model)]
        lines += ["", *_flags(model)]
        lines += ["", *_claims(model, of_model, model.control)]
        lines += ["", "### Famous passages", "", *tier_lines(model)]
    lines += [
        "",
        "## Does any signal detect famous passages?",
        "",
        *control_lines(models, detected),
    ]
    lines += ["", "## Tests of the benchmarks", "", *_hypotheses(hypotheses)]
    lines += ["", "## Contrasts that are not counted", "", *contrast_lines(models)]
    lines += ["", "## Time", "", *_time(models, clock), ""]
    return "\n".join(lines)


def _holm_of_detections(models: Sequence[Model]) -> list[float]:
    return [float(p) for p in holm([row.p for model in models for row in model.detections])]


def _by_model(models: Sequence[Model], adjusted: Sequence[float]) -> dict[str, list[float]]:
    """The adjusted p-values of the positive control, in the order of `Model.detections`."""
    start, of_models = 0, {}
    for model in models:
        stop = start + len(model.detections)
        of_models[model.name] = list(adjusted[start:stop])
        start = stop
    return of_models


def _introduction(models: Sequence[Model]) -> list[str]:
    parts = models[0].parts
    sizes = [
        f"{entry['name']} {entry['problems']} of {entry.get('rows_of', entry['problems']):,}"
        for part in BENCHMARKS
        for entry in parts[part].artifact.config["sets"]
    ]
    hashes = ", ".join(f"{model.folder} {model.weights[:16]}" for model in models)
    look_up = "all other problems of the benchmark" + (
        ", and for MATH-500 the rest of the training sample" if _has_train(parts) else ""
    )
    return [
        "# Two published checkpoints",
        "",
        "Command: `make real-models`. Each problem is cut between words at 60% of its characters; the "
        "checkpoint continues the prefix greedily as raw text, without a chat template, in float32. "
        "Intervals are 95% (Wilson for rates).",
        "",
        "The checkpoints are 4-bit GGUF files from the Python index, dequantized to float32: their "
        "weights are close to those of the publishers, not equal. SHA-256 of the weights: "
        f"{hashes}.",
        "",
        f"Problems: {', '.join(dict.fromkeys(sizes))}, the first ones of each set, of MATH only those "
        f"of at most {LONGEST} characters; and {len(parts[PASSAGES].sets[FAMOUS])} famous passages. The "
        f"look-up baseline holds {look_up}. The fresh set is drawn from the hash of both checkpoints' "
        "weights, so it is younger than they are; it differs from the benchmarks in kind, so "
        "comparisons with it are descriptive.",
    ]


def _has_train(parts: Mapping[str, Probed]) -> bool:
    return TRAIN in parts["math500"].sets


def _rates(model: Model) -> list[str]:
    """Every rate of every set."""
    lines = [
        "| set | problems | exact match | raw | case folded | LaTeX | look-up | ROUGE-L | log-prob. per "
        "token | extractable in 100 samples |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    seen = set()
    for part, probed in model.parts.items():
        for name in probed.sets:
            if name in seen or part == DONORS:
                continue
            seen.add(name)
            rows = probed.results.where(set=name, subset=None)
            rates = ("exact_match", "exact_raw", "exact_folded", "exact_latex", "lookup_match")
            exact = rows.first(measure=f"exact_match{AT}")
            cells = [
                name,
                str(exact.n if exact else 0),
                *(percent_cell(rows, rate) for rate in rates),
                number_cell(rows.first(measure=f"rouge_l{AT}")),
                number_cell(rows.first(measure=f"logprob_per_token{AT}")),
                percent_cell(rows, "extractable_in_100"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _flags(model: Model) -> list[str]:
    """Flagged problems by set and signal, with their null."""
    lines = [
        "Flagged problems, with the false discovery rate of the signals that decide at "
        f"{FLAG_LEVEL:.0%}, and apart from it of the supplementary ones. The last column: so many "
        "problems must have more evidence than all of the null before any is flagged.",
        "",
        "| set | signal | flagged | null | blind classifier, AUC | fewest that can be flagged |",
        "|---|---|---|---|---|---|",
    ]
    for part, probed in model.parts.items():
        for count in count_flags(probed.concluded.flags):
            if count.set in probed.nulls or part == DONORS:
                continue
            against_null = count.null == ", ".join(probed.nulls)
            auc = probed.blind(count.set) if against_null else None
            cells = [
                count.set,
                count.test if count.decides else f"{count.test} (supplementary)",
                f"{len(count.flagged)} of {count.tested}",
                f"{count.null} ({count.null_problems})",
                "" if auc is None else f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})",
                str(count.least) if count.can_flag else f"none ({count.least} needed)",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _claims(
    model: Model, hypotheses: Sequence[tuple[str, Hypothesis]], control: Control
) -> list[str]:
    """The claim of each benchmark, with the positive control and the adjustment over all checkpoints."""
    lines = [
        "| set | level | claim | evidence | what would raise it |",
        "|---|---|---|---|---|",
    ]
    for benchmark in BENCHMARKS:
        probed = model.parts[benchmark]
        auc = probed.blind(benchmark)
        basis = Basis(
            [row for of, row in hypotheses if of == benchmark],
            probed.concluded.flags,
            probed.artifact.config["tests"],
            probed.nulls,
            control,
            {} if auc is None else {benchmark: auc},
        )
        [claim] = compute_claims([benchmark], basis)
        lines.append(_claim_row(claim))
    return lines


def _claim_row(claim: Claim) -> str:
    cells = (claim.set, f"L{claim.level}", claim.claim, claim.evidence, claim.raise_)
    return f"| {' | '.join(cells)} |"


def _hypotheses(rows: Sequence[tuple[Model, str, Hypothesis]]) -> list[str]:
    """All tests of whole benchmarks."""
    lines = [
        f"p-values are adjusted (Holm) over all {len(rows)} tests of both checkpoints and benchmarks."
        if len({model.name for model, _, _ in rows}) > 1
        else f"p-values are adjusted (Holm) over all {len(rows)} tests.",
        "",
        "| checkpoint | set | signal | question | null | problems | effect | p | adjusted p | remark |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for model, part, row in rows:
        remark = REMARKS.get(row.question, "")
        auc = model.parts[part].blind(row.set)
        if row.question == ABOVE_NULL and auc is not None and auc.low > EXCHANGEABLE_UP_TO:
            remark = f"not evidence: the texts alone tell the sets apart (AUC {auc.value:.2f})"
        elif row.question == ABOVE_NULL and row.null == FRESH_NAME:
            remark = "descriptive: the fresh set differs in kind"
        cells = [
            model.folder,
            row.set,
            row.test,
            row.question,
            row.null,
            str(row.clusters),
            _effect(row),
            f"{row.p:.2g}",
            f"{row.p_holm:.2g}",
            remark,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    if any(TRAIN in row.null for _, _, row in rows):
        lines += [
            "",
            "MATH's training split was published together with the test split that MATH-500 comes from. "
            "A checkpoint that has seen one has probably seen the other, so this null shows only "
            "whether MATH-500 is memorized more than the training problems.",
        ]
    return lines


def _effect(row: Hypothesis) -> str:
    if row.question == ABOVE_NULL:
        return f"P {row.effect:.2f}"
    if row.question in (ABOVE_RENUMBERED, ABOVE_PARAPHRASE):
        return f"{row.effect:+.2f} nats"
    return f"{100 * row.effect:+.1f} points"


def _time(models: Sequence[Model], clock: Clock) -> list[str]:
    """Minutes by part, and the machine."""
    lines = ["| part | minutes |", "|---|---|"]
    lines += [f"| {name} | {seconds / 60:.1f} |" for name, seconds in clock.seconds.items()]
    total, machine = total_minutes(clock), clock.machine
    environment = models[0].parts[PASSAGES].artifact.manifest["environment"]
    packages = environment["packages"]
    versions = ", ".join(
        f"{name} {packages[name]}" for name in ("torch", "transformers") if name in packages
    )
    verdict = "holds" if total <= MOST_MINUTES else "DOES NOT HOLD"
    of_machine = (
        f"{machine['cores']} cores, {machine['threads']} threads, {machine['instructions']}, "
        f"{machine['architecture']}; "
        if machine
        else ""
    )
    return [
        *lines,
        f"| together | {total:.1f} |",
        "",
        f"- {verdict}: all of it takes at most {MOST_MINUTES:.0f} minutes",
        "",
        f"{of_machine}{versions}, Python {environment['python']}.",
    ]
