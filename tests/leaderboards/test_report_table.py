"""The table's numbers are those of the results, in every form."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from made_up import FRESH, PLANTED, TWIN, MadeUp, renamed

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards.formatting import (
    counted,
    duration,
    has_interval,
    joined,
    percent_interval,
    points,
    points_interval,
    size,
)
from leaderboards.table import console_rows, markdown
from leaderboards.view import BENCHMARK_MINUS_FRESH, PLANTED_MINUS_TWIN, TRUTH_MINUS_ARM


def test_the_view_holds_the_estimates(run: MadeUp) -> None:
    view = run.view
    scores = [(arm, score) for arm in view.arms for score in arm.scores]
    assert len(scores) == 9
    arm, score = scores[8]
    assert (arm.name, score.set, run.report.sets[2].role) == ("python", FRESH, "fresh")
    assert score.gain.value == 0.004
    assert score.gain.low == pytest.approx(-0.02) and score.gain.high == pytest.approx(0.028)
    assert score.after.value - score.before.value == pytest.approx(score.gain.value)
    assert score.gain.n == 128 and score.greedy_gain is not None
    assert [(c.kind, c.set, c.headline) for c in arm.contrasts] == [
        (PLANTED_MINUS_TWIN, PLANTED, True),
        (BENCHMARK_MINUS_FRESH, PLANTED, False),
        (TRUTH_MINUS_ARM, PLANTED, True),
    ]
    assert arm.contrasts[0].estimate.value == pytest.approx(0.143)
    assert [(row.checkpoint, row.set, row.k) for row in view.pass_at_k] == [
        ("base", TWIN, 16),
        ("base", FRESH, 16),
    ]
    assert [(row.dose, row.prefix) for row in view.doses] == [
        (dose, 0.6) for dose in (0, 4, 16, 64, 256)
    ]
    assert len(view.probe) == 4 * 3 * 3
    assert arm.curves["length"][4] is None and len(arm.curves["length"]) == 30


def test_the_view_does_not_depend_on_the_order_of_the_results(run: MadeUp) -> None:
    backwards = MadeUp(run.report, Results(list(run.results)[::-1])).view
    for arm, again in zip(run.view.arms, backwards.arms, strict=True):
        assert (arm.scores, arm.curves) == (again.scores, again.curves)
        assert sorted(map(repr, arm.contrasts)) == sorted(map(repr, again.contrasts))
    assert run.view.doses == backwards.doses and run.view.pass_at_k == backwards.pass_at_k


def test_models_keep_their_numbers_apart(run: MadeUp, both: MadeUp) -> None:
    rows = console_rows(both.report, both.results)
    assert [row[2:] for row in rows] == 2 * [
        row[2:] for row in console_rows(run.report, run.results)
    ]
    assert [row[0] for row in rows if row[0]] == [
        f"{model}/{arm}"
        for model in ("reciter", "learner")
        for arm in ("truth", "random", "python")
    ]
    text = markdown(both.report, both.results)
    assert "## reciter" in text and "## learner" in text
    assert "organism:reciter, organism:learner" in text


def test_markdown_prints_each_score_and_contrast(run: MadeUp) -> None:
    text = markdown(run.report, run.results)
    assert (
        "| python | reciter/planted | planted benchmark | 72.7% (68.2 to 77.2) | "
        "85.8% (81.6 to 90.0) | +13.1 (+10.7 to +15.5) | 96.7% (93.6 to 99.8) | "
        "97.7% (95.1 to 100.0) | +1.0 (−1.0 to +3.0) |"
    ) in text
    assert (
        "| python | gain on reciter/planted minus gain on reciter/twin | headline | "
        "+14.3 (+10.9 to +17.7) |"
    ) in text
    assert "- **truth**: Consistent with learning" in text
    assert "Accuracy is the mean over 16 sampled completions per problem." in text


def test_markdown_prints_what_compare_adds(full: MadeUp) -> None:
    text = markdown(full.report, full.results)
    for line in (
        "| truth | reciter/planted | memorized | 50.0% (37.8 to 62.3) | 72.2% (61.2 to 83.2) | "
        "+22.2 (+20.2 to +24.2) |",
        "| reciter/twin | raw, greedy; raw, maj@16 | 75.5% (68.0 to 83.0) | +6.1 (+4.1 to +8.1) |",
        "| checkpoint | set | pass@1 | pass@2 | pass@4 | pass@8 | pass@16 |",
    ):
        assert line in text, line
    assert "about 1.9 of them would exclude zero by chance" in text


def test_hostile_names_stay_in_their_cell(run: MadeUp) -> None:
    hostile = renamed(run, {"truth": "a | b\n<img src=x> `c`"})
    lines = markdown(hostile.report, hostile.results).splitlines()
    line = next(line for line in lines if "img" in line)
    assert line.startswith(r"| a \| b \<img src=x\> \`c\` | reciter/planted |")


def test_the_terminal_table_prints_names_as_they_are(run: MadeUp) -> None:
    from clean_bench.cli.tables import table

    hostile = renamed(run, {"truth": "[red]x[/red]"})
    rows = console_rows(hostile.report, hostile.results)
    text = table(("arm", "set", "before", "after", "gain [95%]"), rows, texts=2)
    assert "[red]x[/red]" in text and "gain [95%]" in text
    assert "−1.2 (−3.6 to +1.2)" in text and "+14.3 (+10.9 to +17.7)" in text


def test_a_descriptive_contrast_is_not_in_the_terminal_table(run: MadeUp) -> None:
    text = str(console_rows(run.report, run.results))
    assert f"minus gain on {TWIN}" in text and f"minus gain on {FRESH}" not in text


def test_numbers_in_words() -> None:
    assert points(0.1234) == "+12.3"
    assert points(-0.0001) == points(0.0001) == points(0.0) == "0.0"
    assert percent_interval(Estimate(0.5, 0.04, 1.0, 9)) == "50.0% (4.0 to 100.0)"
    assert points_interval(Estimate(0.02, 0.0003, 0.04, 9)) == "+2.00 (+0.03 to +4.00)"
    assert joined(["a"]) == "a" and joined(["a", "b", "c"]) == "a, b and c"


@given(
    st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6),
    st.floats(-1, 1).filter(lambda x: x == 0 or abs(x) > 1e-6),
)
def test_a_printed_interval_lies_where_the_interval_lies(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assume(low < high)
    text = points_interval(Estimate((low + high) / 2, low, high, 9))
    inside = text[text.index("(") + 1 : -1].replace("−", "-").split(" to ")
    shown_low, shown_high = (float(part) for part in inside)
    assert (shown_low > 0) == (low > 0) and (shown_high < 0) == (high < 0)
    assert abs(shown_low - 100 * low) <= 0.05 + 1e-9


def test_counts_durations_and_sizes_in_words() -> None:
    assert [counted(n, "step") for n in (0, 1, 2000)] == ["0 steps", "1 step", "2,000 steps"]
    assert counted(2, "mini-batch", "mini-batches") == "2 mini-batches"
    assert [duration(s) for s in (0, 99, 100, 5999, 7380)] == [
        "0 s", "99 s", "2 min", "1 h 40 min", "2 h 3 min",
    ]  # fmt: skip
    assert [size(n) for n in (12, 705_408, 134_515_008, 7_615_616_512, 999_900)] == [
        "12", "705 thousand", "135 million", "7.62 billion", "1 million",
    ]  # fmt: skip


def test_an_estimate_without_an_interval_states_its_units() -> None:
    collapsed, unknown = Estimate(0.0, 0.0, 0.0, 4), Estimate(0.5, float("-inf"), float("inf"), 1)
    assert points_interval(collapsed) == "0.0 (no interval, n = 4)"
    assert percent_interval(unknown) == "50.0% (no interval, n = 1)"
    assert not has_interval(collapsed) and not has_interval(unknown)
    assert has_interval(Estimate(0.0, 0.0, 0.49, 4))
