"""The page: offline, escaped, the same bytes for the same report, and complete."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made_up import PLANTED, TWIN, MadeUp, renamed

from clean_bench.results import Result, Results
from leaderboards import charts, training_charts
from leaderboards.page import render_page
from leaderboards.report_schema import RunReport, SetInfo


@pytest.fixture(scope="module")
def page(run: MadeUp) -> str:
    return render_page(run.report, run.results)


class Elements(HTMLParser):
    """Collects tags, attributes, identifiers, scripts and the text outside of style and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag = self.tags[-1][0] if self.tags else ""
        if tag == "script":
            self.scripts.append(data)
        elif tag != "style":
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.tags.append((f"/{tag}", {}))

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_nothing_is_loaded_from_outside(page: str) -> None:
    assert not re.search(r"https?:|//[a-z]|@import", page)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    for tag, attributes in Elements(page).tags:
        assert tag not in ("img", "iframe", "object", "embed", "base", "video")
        for name in ("src", "srcset", "href", "xlink:href", "action"):
            start = "data:image/png;base64," if tag == "link" else "#"
            assert (attributes.get(name) or start).startswith(start)


def test_the_policy_allows_no_script_but_the_pages_own(page: str) -> None:
    elements = Elements(page)
    [policy] = [
        a["content"] for _, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    data, script = elements.scripts
    assert json.loads(data)[0]["name"] == "checkpoint"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)


def test_the_same_report_gives_the_same_bytes_in_another_process(page: str, run: MadeUp) -> None:
    code = (
        "import json, sys\n"
        "from clean_bench.results import Result, Results\n"
        "from leaderboards.report_schema import RunReport\n"
        "from leaderboards.page import render_page\n"
        "report, rows = json.load(sys.stdin)\n"
        "results = Results(Result(**row) for row in rows)\n"
        "sys.stdout.buffer.write(render_page(RunReport.from_json(report), results).encode())"
    )
    text = json.dumps([run.report.model_dump_json(), run.results.as_json()])
    done = subprocess.run(
        [sys.executable, "-c", code], input=text.encode(), capture_output=True, check=True
    )
    assert done.stdout == page.encode() == render_page(run.report, run.results).encode()


def test_hostile_text_is_escaped_everywhere(run: MadeUp) -> None:
    bad = '<script>alert("x")</script>$\\frac{&'
    hostile = renamed(run, {"truth": bad, PLANTED: bad})
    [model] = hostile.report.models
    arms = [
        arm.model_copy(update={"reward": bad, "conclusion": bad}) if arm.name == bad else arm
        for arm in model.arms
    ]
    public, *others = hostile.report.sets
    report = hostile.report.model_copy(
        update={
            "title": bad,
            "training": bad,
            "models": (
                model.model_copy(update={"checkpoint": bad, "card": bad, "arms": tuple(arms)}),
            ),
            "sets": (
                public.model_copy(update={"role": "public", "label": bad, "description": bad}),
                *others,
            ),
            "limits": (bad,),
            "provenance": {bad: bad},
        }
    )
    page = render_page(report, hostile.results)
    assert "<script>alert" not in page
    clean = Elements(render_page(run.report, run.results))
    assert len(Elements(page).scripts) == len(clean.scripts) == 2
    assert Elements(page).scripts[1] == clean.scripts[1]
    assert f"Gain on {bad} minus gain on {TWIN}" in Elements(page).text


@pytest.mark.parametrize("name", ["run", "both"])
def test_identifiers_are_unique_and_every_reference_has_its_target(
    name: str, request: pytest.FixtureRequest
) -> None:
    made_up: MadeUp = request.getfixturevalue(name)
    page = render_page(made_up.report, made_up.results)
    names = [attributes["id"] for _, attributes in Elements(page).tags if "id" in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"|aria-labelledby="([^"]+)"', page)
    assert used and {name for names in used for name in names if name} <= set(names)


def test_charts_have_alternatives_and_follow_the_theme(page: str) -> None:
    charts = [a for tag, a in Elements(page).tags if tag == "svg" and "role" in a]
    # Three sets, three contrasts, probe by prefix and by checkpoint, doses, seven metrics.
    assert len(charts) == 3 + 3 + 3 + 7
    assert all(a["role"] == "img" and len(a["aria-label"] or "") > 30 for a in charts)
    assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", page)
    assert any("truth: 72.7% (68.2 to 77.2) before" in (a["aria-label"] or "") for a in charts)


def test_the_numbers_are_in_print(page: str, run: MadeUp) -> None:
    text = Elements(page).text
    for words in (
        "+14.3 (+10.9 to +17.7)",
        "72.7% → 85.8%",
        "72.7% 68.2 to 77.2",
        "44.0% (26.8 to 61.2)",
        "The gain that can be shown is memorized text.",
        "skill: 24.1 bits; bound to the checkpoints",
        "accuracy is the mean over 16 sampled completions per problem.",
        "clean-bench verify DIR",
        *run.report.limits,
        *run.report.provenance.values(),
    ):
        assert words in text, words


def test_two_models_have_sections_of_their_own(both: MadeUp) -> None:
    text = Elements(render_page(both.report, both.results)).text
    for model in ("reciter", "learner"):
        for section in (
            "Memorized before training",
            "The answer, arm by arm",
            "Accuracy before and after",
            "The gains compared",
            "Contamination probe",
            "Training",
        ):
            assert f"{section}: {model}" in text
    assert (
        "were in the training text of reciter and not in that of learner, the negative control"
        in text
    )
    assert "was put into a model's training text" in text


def test_a_negative_control_alone_is_described_as_one(both: MadeUp) -> None:
    control = both.report.model_copy(update={"models": both.report.models[1:]})
    text = Elements(render_page(control, both.results)).text
    assert "This model was trained on none of these problems" in text
    assert "for which this one is the negative control" in text
    assert "was put into another model's training text" in text


def test_a_bare_report_still_makes_a_page(run: MadeUp) -> None:
    info = SetInfo(name="math500", label="math500", role="public", n=500)
    [model] = run.report.models
    arm = model.arms[0].model_copy(update={"conclusion": ""})

    def text(arms: tuple[object, ...]) -> str:
        bare = RunReport(
            title="t",
            measure="accuracy",
            samples_per_problem=1,
            models=(model.model_copy(update={"card": "", "arms": arms}),),
            sets=(info,),
        )
        return Elements(render_page(bare, Results())).text

    assert "No conclusion" in text((arm,)) and "twin" not in text((arm,))
    assert "95%" in text((arm,)) and "that of one greedy completion per problem" in text((arm,))
    assert "No conclusion" not in text(())


def test_contrasts_of_one_kind_share_a_panel(run: MadeUp) -> None:
    view = run.view
    labels = [replace(c, label=f"split of {a.name}") for a in view.arms for c in a.contrasts[:1]]
    arms = tuple(
        replace(arm, contrasts=(contrast,)) for arm, contrast in zip(view.arms, labels, strict=True)
    )
    [panel] = charts.contrast_panels(replace(view, arms=arms))
    assert panel.title == "Gain on planted problems minus gain on their twins"
    assert "split of" not in panel.svg


def test_every_curve_has_a_title(run: MadeUp) -> None:
    titles = [panel.title for panel in training_charts.curve_panels(run.view)]
    assert titles[0] == "Reward that trains" and len(set(titles)) == 7
    other = Result("reciter/base", arm="truth", step=3, role="train", measure="other", value=1.0)
    assert MadeUp(run.report, run.results + Results([other])).view == run.view


def test_importing_the_package_loads_no_plotting() -> None:
    code = (
        "import sys, leaderboards.page, leaderboards.table, leaderboards.conclusions\n"
        "print(sorted({'matplotlib', 'jinja2', 'rich', 'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
