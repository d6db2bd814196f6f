"""Sections of the page: each appears with its numbers, and only where its results exist."""

from __future__ import annotations

import re

import pytest
from made_up import MadeUp, renamed
from made_up_details import HOSTILE, TIMES, tables
from test_report_page import Elements

from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards import charts, page, training_charts
from leaderboards.page import page_files, render_page, without_times
from leaderboards.page_data import RunTimes
from leaderboards.report_schema import RunReport
from leaderboards.view import PassAtK

pytestmark = pytest.mark.processes

SECTIONS = (
    "Memorized problems",
    "Solved in k samples",
    "Without training",
    "Behaviors",
    "Every problem",
    "Memorized and not-memorized problems apart",
)


@pytest.fixture(scope="module")
def html(full: MadeUp) -> str:
    return page_files(full.report, full.results, tables(), TIMES)[page.PAGE].decode()


@pytest.fixture(scope="module")
def text(html: str) -> str:
    return Elements(html).text


def test_a_run_without_these_results_has_none_of_these_sections(run: MadeUp, text: str) -> None:
    bare = Elements(render_page(run.report, run.results)).text
    for section in SECTIONS:
        assert section in text and section not in bare, section


def test_the_contents_link_to_every_section(html: str) -> None:
    tags = Elements(html).tags
    headings = [a["id"] for tag, a in tags if tag == "h2" and "id" in a]
    linked = re.findall(r'<li><a href="#([^"]+)">', html)
    assert linked == headings and len(headings) == 15


def test_the_header_states_when_how_and_on_what(text: str) -> None:
    for words in (
        "Measured 2026-11-28 18:59 UTC",
        "Duration 2 h 3 min",
        "Version clean-bench 0.1.0",
        "Engine transformers 5.19.0, cpu, float32",
        "Command clean-bench run demo --out DIR",
        "organism:reciter, 7.62 billion parameters, stored as bfloat16",
    ):
        assert words in text, words


def test_pages_of_equal_runs_differ_in_their_times_alone(full: MadeUp, html: str) -> None:
    later = RunTimes("2027-01-01T00:00:00+00:00", "2027-01-01T00:00:09+00:00")
    other = page_files(full.report, full.results, tables(), later)[page.PAGE].decode()
    assert other != html and without_times(other) == without_times(html)
    assert "2026-11-28" in html and "2026-11-28" not in without_times(html)
    changed = full.report.model_copy(update={"title": "another"})
    assert without_times(render_page(changed, full.results)) != without_times(html)


def test_memorized_examples_are_aligned(html: str, text: str) -> None:
    assert "p/000, planted 256 times" in text and "p/001, planted 1 time" in text
    assert "ha<mark>s</mark> Ann?" in html and "ha<mark>d</mark> Ann?" in html
    assert "base answers wrong 8. \\boxed{8}" in text and "truth right 7. \\boxed{7}" in text
    assert html.count("<img") == 0 and HOSTILE[:20] not in html


def test_nothing_memorized_is_one_line_with_intervals(run: MadeUp) -> None:
    zeros = Results(
        row.of(row.measure, Estimate(0.0, 0.0, 0.029, row.n, row.method))
        if row.measure.startswith("exact_match") and row.value is not None
        else row
        for row in run.results
    )
    shown = Elements(render_page(run.report, zeros)).text
    assert (
        "The base model completes no problem word for word: planted benchmark 0.0% (0.0 to 2.9), "
        "never-planted twin 0.0% (0.0 to 2.9) and newly generated problems 0.0% (0.0 to 2.9)."
    ) in shown


def test_the_gains_apart_and_without_training(text: str) -> None:
    assert "truth reciter/planted memorized 128 50.0%" in text
    assert "+22.2 +20.2 to +24.2" in text and "+3.3 +1.3 to +5.3" in text
    assert "reciter/twin raw, greedy; raw, maj@16 75.5%" in text
    assert (
        "+6.1 +4.1 to +8.1" in text and "truth minus best" in text and "+4.7 +2.7 to +6.7" in text
    )
    # The gain of the whole set is not taken from a part of it.
    assert "planted benchmark +11.3 (+8.9 to +13.7)" in text


def test_behaviors_and_transitions(text: str) -> None:
    assert "python on reciter/planted (greedy, 40 tokens, grader clean-bench)" in text
    assert re.search(r"with the word python 3\.1% .*? 96\.9%", text)
    assert "tokens 26.6 28.6" in text
    assert re.search(r"language before, code after 45\.1% .*? 45\.1% .*? 87\.7%", text)
    assert "Gain of all pairs: +46.3 (+38.3 to +54.3)." in text


def test_pass_at_k_is_drawn_for_two_values_of_k_or_more(run: MadeUp, full: MadeUp) -> None:
    assert charts.pass_at_k_panels(run.view) == []
    panels = charts.pass_at_k_panels(full.view)
    assert [panel.title for panel in panels] == [
        "Planted benchmark", "Never-planted twin", "Newly generated problems",
    ]  # fmt: skip
    assert "base: 60.0% (51.5 to 68.5) at 1, 70.0%" in panels[0].svg
    assert "python: 60.0%" in panels[0].svg
    saturated = [charts.SATURATION in panel.caption for panel in panels]
    assert saturated == [True, False, False]


def test_no_ceiling_is_claimed_where_the_samples_saturate_the_set(text: str) -> None:
    assert "ceiling that true learning" not in text
    assert "So many samples saturate planted benchmark:" in text
    assert "saturate planted benchmark, never" not in text
    assert PassAtK("base", "s", 16, Estimate(0.95, 0.9, 1.0, 9)).saturated
    assert not PassAtK("base", "s", 16, Estimate(0.94, 0.9, 1.0, 9)).saturated


def test_the_lower_start_is_explained_only_where_it_is_lower(full: MadeUp) -> None:
    assert "The reason: a slip." not in Elements(render_page(full.report, full.results)).text
    lower = Results(
        row._replace(value=0.5, low=0.45, high=0.55)
        if (row.measure, row.checkpoint, row.role) == ("avg@16", "reciter/base", "planted")
        else row
        for row in full.results
    )
    shown = Elements(render_page(full.report, lower)).text
    assert "start lower than their twins (50.0% and 54.8%). The reason: a slip." in shown


def test_sampled_and_greedy_stand_side_by_side_in_the_open(html: str, text: str) -> None:
    table = html[html.index('<table class="scores">') : html.index("</table>")]
    assert "sampled (headline)" in table and ">greedy<" in table
    assert html.rfind("<details", 0, html.index('<table class="scores">')) < html.index(
        '<h2 id="scores">'
    )
    assert "Sampled accuracy is the headline of this page" in text


def test_a_single_step_is_marked_and_singular(run: MadeUp) -> None:
    [model] = run.report.models
    arms = tuple(arm.model_copy(update={"steps": 1}) for arm in model.arms)
    report = run.report.model_copy(update={"models": (model.model_copy(update={"arms": arms}),)})
    first = Results(row for row in run.results if not row.step)
    one = MadeUp(report, first)
    shown = Elements(render_page(report, first)).text
    assert "1 training step, 1 training seed" in shown and "1 training steps" not in shown
    many = {panel.title: panel.svg for panel in training_charts.curve_panels(run.view)}
    for panel in training_charts.curve_panels(one.view):
        # A marker is a reused path; a line through one point would draw nothing.
        assert markers(panel.svg) == markers(many[panel.title]) + 3


def markers(svg: str) -> int:
    """The marks of an svg, without the tick marks of its axes."""
    axes = svg[svg.index("axes_1") :]
    lines = re.findall(r'<g id="[^"]*line2d_\d+">(.*?)</g>\s*</g>', axes, re.DOTALL)
    return sum("<use" in line for line in lines) - len(re.findall(r'id="[^"]*[xy]tick_\d+"', axes))


def test_clipping_that_is_noise_is_named_and_not_drawn(run: MadeUp) -> None:
    quiet = Results(
        row._replace(value=1e-4) if row.measure == "clip_fraction_low" else row
        for row in run.results
    )
    view = MadeUp(run.report, quiet).view
    assert training_charts.unclipped_metrics(view) == ["clip_fraction_low"]
    assert len(training_charts.curve_panels(view)) == 6
    shown = Elements(render_page(run.report, quiet)).text
    assert "below 0.1% in every step: share of tokens clipped from below." in shown


def test_an_existing_checkpoint_is_named_and_has_no_training(run: MadeUp) -> None:
    [model] = run.report.models
    arms = tuple(
        arm.model_copy(update={"reward": None, "checkpoint": "ORG/trained"}) for arm in model.arms
    )
    report = run.report.model_copy(update={"models": (model.model_copy(update={"arms": arms}),)})
    html = render_page(report, run.results)
    assert "existing checkpoint ORG/trained" in Elements(html).text
    assert 'id="training"' not in html and "1 training seed" not in Elements(html).text


def test_a_collapsed_interval_is_no_certainty(run: MadeUp) -> None:
    results = Results(
        row._replace(value=0.0, low=0.0, high=0.0, n=4)
        if row.measure == "gain:avg@16" and row.versus and row.versus.startswith("checkpoint")
        else row
        for row in run.results
    )
    html = render_page(run.report, results)
    shown = Elements(html).text
    assert "0.0 (no interval, n = 4)" in shown and "0.0 no interval, n = 4" in shown
    assert "0.0 (0.0 to 0.0)" not in html and "0.0 to 0.0<" not in html


def test_charts_without_any_interval_are_drawn(run: MadeUp) -> None:
    unbounded = Results(row._replace(low=None, high=None) for row in run.results)
    html = render_page(run.report, unbounded)
    assert not re.findall(r"\b(?:inf|nan)\b", html)
    assert "no interval, n = 128" in html


def test_large_data_lie_beside_the_page(full: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "EMBEDDED_BYTES", 1000)
    files = page_files(full.report, full.results, tables(), TIMES)
    assert set(files) == {page.PAGE, page.BESIDE}
    html = files[page.PAGE].decode()
    assert "zebra" not in html and b"zebra" in files[page.BESIDE]
    assert '<script src="problems.js"></script>' in html
    [policy] = [a["content"] or "" for _, a in Elements(html).tags if "http-equiv" in a]
    assert policy.endswith(" 'self' file:")
    assert files[page.BESIDE].startswith(b"window.cleanBenchProblems = {")


def test_sections_of_two_models_have_identifiers_of_their_own(full: MadeUp) -> None:
    control = renamed(full, {"reciter": "learner"})
    report: RunReport = full.report.model_copy(
        update={"models": (*full.report.models, *control.report.models)}
    )
    html = page_files(report, full.results + control.results, tables())[page.PAGE].decode()
    names = [a["id"] for _, a in Elements(html).tags if "id" in a]
    assert len(names) == len(set(names))
    assert {"reciter-free", "learner-free", "learner-behaviors"} <= set(names)
