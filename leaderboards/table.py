"""The tables of a run: Markdown, and the terminal."""

from __future__ import annotations

from clean_bench.results import Results
from clean_bench.scoring.variant_groups import MEASURES
from clean_bench.statistics.estimate import Estimate
from leaderboards.comparisons import comparisons_sentence
from leaderboards.formatting import ROLES, accuracy_of, percent_interval, points_interval
from leaderboards.report_schema import RunReport
from leaderboards.view import ModelView, views_of


def markdown(report: RunReport, results: Results) -> str:
    """The numbers of a run as Markdown: scores, contrasts, probe, conclusions, limits."""
    blocks = [
        f"# {_cell(report.title)}",
        f"Models: {_cell(', '.join(model.checkpoint for model in report.models))}. Accuracy is "
        f"{accuracy_of(report)}. Gains are in percentage points; brackets hold 95% intervals.",
    ]
    views = views_of(report, results)
    comparisons = comparisons_sentence(views)
    for view in views:
        if len(report.models) > 1:
            blocks.append(f"## {_cell(view.info.name)}")
        blocks += [
            _scores(report, view),
            _extractions(report, view),
            _variant_groups(report, view),
            _kin(report, view),
            _contrasts(view),
            _splits(report, view),
            _training_free(report, view),
            _pass_at_k(report, view),
            _probe(report, view),
            "\n".join(
                f"- **{_cell(arm.name)}**: {_cell(arm.conclusion)}"
                for arm in view.info.arms
                if arm.conclusion
            ),
        ]
    blocks.append(_cell(comparisons))
    if report.limits:
        blocks.append("What this run cannot show:")
        blocks.append("\n".join(f"- {_cell(limit)}" for limit in report.limits))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _scores(report: RunReport, view: ModelView) -> str:
    """Before, after and gain per arm and set; those of greedy answers beside them where they differ."""
    roles = {info.name: ROLES[info.role] for info in report.sets}
    labels = _labels(report)
    greedy = any(score.greedy_before for arm in view.arms for score in arm.scores)
    heads = ["arm", "set", "role", "before", "after", "gain"]
    heads += ["greedy before", "greedy after", "greedy gain"] if greedy else []
    rows = []
    for arm in view.arms:
        for score in arm.scores:
            row = [arm.name, labels[score.set], roles[score.set]]
            row += [percent_interval(score.before), percent_interval(score.after)]
            row.append(points_interval(score.gain))
            if greedy:
                row += [_percent(score.greedy_before), _percent(score.greedy_after)]
                row.append(_points(score.greedy_gain))
            rows.append(row)
    return _table(heads, 3, rows)


def _extractions(report: RunReport, view: ModelView) -> str:
    """The strict and the flexible accuracy of every checkpoint; a sentence where all are equal."""
    if not view.extractions:
        return ""
    if not any(row.differ for row in view.extractions):
        return "Strict and flexible accuracy are equal for every checkpoint and set."
    labels = _labels(report)
    rows = [
        [
            row.checkpoint,
            labels.get(row.set, row.set),
            row.template,
            percent_interval(row.strict),
            percent_interval(row.flexible),
        ]
        for row in view.extractions
    ]
    return _table(
        ["checkpoint", "set", "template", "strict accuracy", "flexible accuracy"], 3, rows
    )


def _variant_groups(report: RunReport, view: ModelView) -> str:
    """Loose and strict accuracy of the groups of a matched set."""
    labels = _labels(report)
    rows = [
        [
            row.checkpoint,
            labels.get(row.set, row.set),
            *(
                percent_interval(row.estimates[name]) if name in row.estimates else "–"
                for name in MEASURES
                if name != "guess"
            ),
            _percent(row.estimates["guess"]),
        ]
        for row in view.variant_groups
    ]
    heads = ["checkpoint", "matched set", "loose", "all five", "all five if independent"]
    return _table([*heads, "some of five", "commonest answer"], 2, rows)


def _kin(report: RunReport, view: ModelView) -> str:
    """The problems of a benchmark of the same kinds beside a matched set."""
    labels = _labels(report)
    rows = [
        [
            row.checkpoint,
            labels.get(benchmark, benchmark),
            percent_interval(of["public_kin"]),
            percent_interval(of["public_text"]),
            _percent(of["public_guess"]),
            points_interval(of["public_minus_matched"]),
            percent_interval(of["original_only"]),
            percent_interval(of["variant_only"]),
        ]
        for row in view.variant_groups
        for benchmark, of in row.contrasts
    ]
    heads = ["checkpoint", "benchmark", "same kinds", "all without figures", "commonest answer"]
    return _table([*heads, "minus matched", "original only", "variant only"], 2, rows)


def _contrasts(view: ModelView) -> str:
    rows = [
        [
            arm.name,
            contrast.label,
            "headline" if contrast.headline else "descriptive",
            points_interval(contrast.estimate),
        ]
        for arm in view.arms
        for contrast in arm.contrasts
    ]
    return _table(["arm", "contrast", "standing", "difference"], 3, rows)


def _splits(report: RunReport, view: ModelView) -> str:
    rows = [
        [
            arm.name,
            _labels(report)[split.set],
            split.part,
            _percent(split.before),
            _percent(split.after),
            points_interval(split.gain),
        ]
        for arm in view.arms
        for split in arm.splits
    ]
    return _table(["arm", "set", "problems", "before", "after", "gain"], 3, rows)


def _training_free(report: RunReport, view: ModelView) -> str:
    labels = _labels(report)
    rows = [
        [labels[row.set], row.protocol, percent_interval(row.best), _points(row.gain)]
        for row in view.training_free
    ]
    heads = ["set", "best setting without training", "accuracy", "gain without training"]
    return _table(heads, 2, rows)


def _pass_at_k(report: RunReport, view: ModelView) -> str:
    """A row per checkpoint and set, a column per k, where there are several."""
    ks = sorted({row.k for row in view.pass_at_k})
    if len(ks) < 2:
        return ""
    known = {(row.checkpoint, row.set, row.k): row.estimate for row in view.pass_at_k}
    pairs = dict.fromkeys((row.checkpoint, row.set) for row in view.pass_at_k)
    labels = _labels(report)
    rows = [
        [checkpoint, labels[name], *(_percent(known.get((checkpoint, name, k))) for k in ks)]
        for checkpoint, name in pairs
    ]
    return _table(["checkpoint", "set", *(f"pass@{k}" for k in ks)], 2, rows)


def _probe(report: RunReport, view: ModelView) -> str:
    labels = _labels(report)
    rows = [
        [
            row.checkpoint,
            labels[row.set],
            f"{100 * row.prefix:.0f}%",
            percent_interval(row.exact_match),
            percent_interval(row.lookup),
        ]
        for row in view.probe
    ]
    return _table(["checkpoint", "set", "prefix", "exact match", "look-up baseline"], 2, rows)


def _labels(report: RunReport) -> dict[str, str]:
    return {info.name: info.label for info in report.sets}


def _percent(estimate: Estimate | None) -> str:
    return percent_interval(estimate) if estimate else ""


def _points(estimate: Estimate | None) -> str:
    return points_interval(estimate) if estimate else ""


def console_rows(report: RunReport, results: Results) -> list[list[str]]:
    """Arm, set, before, after and gain of every score, and the headline contrasts."""
    labels = {info.name: info.label for info in report.sets}
    rows = []
    for view in views_of(report, results):
        for arm in view.arms:
            name = arm.name if len(report.models) == 1 else f"{view.info.name}/{arm.name}"
            for score in arm.scores:
                numbers = (f"{100 * score.before.value:.1f}%", f"{100 * score.after.value:.1f}%")
                rows.append([name, labels[score.set], *numbers, points_interval(score.gain)])
                name = ""
            for contrast in arm.contrasts:
                if contrast.headline:
                    rows.append([name, contrast.label, "", "", points_interval(contrast.estimate)])
    return rows


def _table(heads: list[str], texts: int, rows: list[list[str]]) -> str:
    """A Markdown table whose first `texts` columns are text; empty without rows."""
    if not rows:
        return ""
    rule = ["---"] * texts + ["---:"] * (len(heads) - texts)
    body = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *body])


def _cell(text: str) -> str:
    """Text on one line, in one cell, without Markdown markup."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
