"""The page: offline, escaped, the same bytes for the same report, and complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from leaderboards.page import render
from leaderboards.report_schema import Contrast, RunReport, SetInfo


@pytest.fixture(scope="module")
def page(report: RunReport) -> str:
    return render(report)


class Elements(HTMLParser):
    """Collects tags, attributes, identifiers and the text outside of style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_nothing_is_loaded_from_outside(page: str) -> None:
    assert not re.search(r"https?:|//[a-z]|@import|\bdata:", page)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    for tag, attributes in Elements(page).tags:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "base", "video")
        for name in ("src", "srcset", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith("#")


def test_the_same_report_gives_the_same_bytes_in_another_process(
    page: str, report: RunReport
) -> None:
    code = (
        "import json, sys, hashlib\n"
        "from leaderboards.report_schema import RunReport\n"
        "from leaderboards.page import render\n"
        "report = RunReport.from_json(json.load(sys.stdin))\n"
        "sys.stdout.buffer.write(render(report).encode())"
    )
    text = json.dumps(report.to_json())
    done = subprocess.run(
        [sys.executable, "-c", code], input=text.encode(), capture_output=True, check=True
    )
    assert done.stdout == page.encode() == render(report).encode()


def test_hostile_text_is_escaped_everywhere(report: RunReport) -> None:
    bad = '<script>alert("x")</script>$\\frac{&'
    arm = report.arms[0]
    contrasts = tuple(replace(c, label=bad, note=bad) for c in arm.contrasts)
    scores = (replace(arm.scores[0], set=bad), *arm.scores[1:])
    curves = {bad: (1.0, 2.0)}
    hostile = replace(
        report,
        title=bad,
        model=bad,
        card=bad,
        training=bad,
        sets=(SetInfo(bad, "public", 3, bad), *report.sets[1:]),
        arms=(
            replace(
                arm,
                name=bad,
                reward=bad,
                verdict=bad,
                scores=scores,
                contrasts=contrasts,
                curves=curves,
            ),
        ),
        probe=tuple(replace(row, set=bad) for row in report.probe),
        limits=(bad,),
        provenance={bad: bad},
    )
    page = render(hostile)
    assert "<script" not in page
    assert all(tag != "script" for tag, _ in Elements(page).tags)
    assert bad in Elements(page).text


def test_identifiers_are_unique_and_every_reference_has_its_target(page: str) -> None:
    found = [attributes["id"] for _, attributes in Elements(page).tags if "id" in attributes]
    assert len(found) == len(set(found))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"|aria-labelledby="([^"]+)"', page)
    assert used and {name for names in used for name in names if name} <= set(found)


def test_charts_have_alternatives_and_follow_the_theme(page: str, report: RunReport) -> None:
    charts = [a for tag, a in Elements(page).tags if tag == "svg" and "role" in a]
    # Three sets, three contrasts, probe by prefix and by checkpoint, doses, seven metrics.
    assert len(charts) == 3 + 3 + 3 + 7
    assert all(a["role"] == "img" and len(a["aria-label"] or "") > 30 for a in charts)
    assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", page)
    assert any("truth: 72.7% (68.2 to 77.2) before" in (a["aria-label"] or "") for a in charts)


def test_the_numbers_are_in_print(page: str, report: RunReport) -> None:
    text = Elements(page).text
    for words in (
        "+14.3 (+10.9 to +17.7)",
        "72.7% → 85.8%",
        "72.7% (68.2 to 77.2)",
        "44.0% (26.8 to 61.2)",
        "What can be shown to have risen is recited text.",
        "skill: 24.1 bits; bound to the checkpoints",
        "clean-bench verify DIR",
        *report.limits,
        *report.provenance.values(),
    ):
        assert words in text, words


def test_a_bare_report_still_makes_a_page(report: RunReport) -> None:
    info = SetInfo("math500", "public", 500)
    arm = replace(report.arms[0], scores=(), contrasts=(), curves={}, verdict="")
    bare = RunReport("t", "m", "", (info,), (arm,), 1)
    text = Elements(render(bare)).text
    assert "No verdict" in text and "twin" not in text and "95%" in text
    assert "No verdict" not in Elements(render(replace(bare, arms=()))).text


def test_contrasts_of_one_key_share_a_panel(report: RunReport) -> None:
    first = report.arms[0]
    contrast = first.contrasts[0]
    arms = tuple(
        replace(arm, contrasts=(replace(contrast, label=f"split of {arm.name}"),))
        for arm in report.arms
    )
    text = Elements(render(replace(report, arms=arms))).text
    assert "Gain on planted problems minus gain on their twins" in text
    assert contrast.key == Contrast.PLANTED_MINUS_TWIN and "split of random" not in text


def test_importing_the_floor_loads_no_plotting() -> None:
    code = (
        "import sys, leaderboards.page, leaderboards.table, leaderboards.conclusions\n"
        "print(sorted({'matplotlib', 'jinja2', 'pyarrow', 'rich', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
