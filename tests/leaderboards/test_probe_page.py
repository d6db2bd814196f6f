"""The page of a probe: offline, escaped, deterministic, and complete."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up_probe import (
    CONTROL,
    CONTROL_TEXT,
    LONG,
    NOTICE,
    PLANTED,
    TWIN,
    bare_view,
    calibrated_view,
    flag,
    hostile_view,
    number,
    probe_view,
    share,
)
from test_report_page import Elements

from clean_bench.results import SCHEMA, Result, Results
from leaderboards.chart_texts import texts_only
from leaderboards.compare_pages import page_differences
from leaderboards.probe_page import HEAD, TAIL, ProbeView, render_probe_page


def rendered(view: ProbeView) -> str:
    return render_probe_page(view).decode()


@pytest.fixture(scope="module")
def page() -> str:
    return rendered(probe_view())


def table(page: str, label: str) -> list[list[str]]:
    """The cells of the table under a label, row by row."""
    region = page.split(f'aria-label="{label}"', 1)[1].split("</table>", 1)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", region, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def items_of(page: str) -> Any:
    return json.loads(Elements(page).scripts[1])


def test_nothing_is_loaded_from_outside(page: str) -> None:
    assert not re.search(r"https?:|//[a-z]|@import", page)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    for tag, attributes in Elements(page).tags:
        assert tag not in ("img", "iframe", "object", "embed", "base", "video", "link")
        for name in ("src", "srcset", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith("#")


def test_the_policy_allows_the_script_of_the_page_alone(page: str) -> None:
    elements = Elements(page)
    [policy] = [
        a["content"] for _, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    results, items, script = elements.scripts
    assert [column["name"] for column in json.loads(results)] == SCHEMA.names
    assert json.loads(items)["sets"] == [PLANTED, TWIN, CONTROL, LONG]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)


@pytest.mark.parametrize(
    "bad", ["</script><b>bold</b>", '"><img src=x onerror=alert(1)>', "</style><!--", "&lt;i&amp;"]
)
def test_hostile_text_is_escaped_everywhere(page: str, bad: str) -> None:
    hostile = rendered(hostile_view(bad))
    clean, elements = Elements(page), Elements(hostile)
    added = {tag for tag, _ in elements.tags} - {tag for tag, _ in clean.tags}
    assert added == set()
    assert elements.scripts[2] == clean.scripts[2] and len(elements.scripts) == 3
    assert not any(name.startswith("on") for _, attributes in elements.tags for name in attributes)
    assert "<!--" not in hostile
    assert elements.text.count(bad) > 30
    rows = json.loads(elements.scripts[1])["rows"]
    assert rows[0][1:5] == [bad] * 4


def test_the_same_view_gives_the_same_bytes_in_another_process(page: str) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from made_up_probe import probe_view\n"
        "from leaderboards.probe_page import render_probe_page\n"
        "sys.stdout.buffer.write(render_probe_page(probe_view()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == page.encode() == render_probe_page(probe_view())


def test_without_drawing_the_page_differs_in_its_charts_alone(page: str) -> None:
    with texts_only():
        built = rendered(probe_view())
    assert built != page
    assert list(page_differences(page, built)) == []
    forged = page.replace("50.0% (37.7 to 62.3)", "0.0% (0.0 to 12.3)")
    assert forged != page and list(page_differences(forged, built))


def test_the_rates_are_in_print(page: str) -> None:
    heads = ["shown", "part", "problems", "exact match", "in any case", "look-up", "ROUGE-L"]
    rate = ["3", "50.0% (37.7 to 62.3)", "75.0% (65.0 to 85.0)", "0.0% (0.0 to 3.1)"]
    whole = [*rate, "0.70 (0.65 to 0.75)", "\u22121.23"]
    part = ["3", "50.0% (30.0 to 70.0)", "–", "0.0% (0.0 to 20.0)", "–", "–"]
    assert table(page, f"Rates of {PLANTED}") == [
        [*heads, "log-prob per token"],
        ["40%", "all", *whole],
        ["40%", "long suffix", *part],
        ["60%", "all", *whole],
        ["60%", "long suffix", *part],
    ]
    text = Elements(page).text
    for role in ("planted, 4 problems", "null set, 30 problems", "positive control, 3 problems"):
        assert role in text
    assert f"{LONG} under test, 1 problem" in text


def test_further_measures_are_in_print(page: str) -> None:
    assert table(page, f"Further measures on {PLANTED}") == [
        ["measure", "shown", "value", "n"],
        ["edit_similarity", "40%", "0.41 (0.21 to 0.61)", "3"],
        ["edit_similarity", "60%", "0.41 (0.21 to 0.61)", "3"],
        ["suffix_bits", "60%", "1,234.57", "3"],
        ["blind_auc against reciter/twin", "–", "0.53 (0.42 to 0.64)", "34"],
        ["min-k:min_k_0.2", "–", "\u22123.25", "3"],
    ]


def test_every_result_of_a_whole_set_is_in_print(page: str) -> None:
    """Each estimate, in the format of its measure, in the row of its set, part and prefix."""
    view = probe_view()
    for row in view.results:
        if row.low is None or row.subset is not None:
            continue
        name = row.measure.partition("@")[0]
        value, low, high = (number or 0 for number in (row.value, row.low, row.high))
        shown = f"{100 * value:.1f}% ({100 * low:.1f} to {100 * high:.1f})"
        if name in ("rouge_l", "edit_similarity", "blind_auc"):
            shown = f"{value:.2f} ({low:.2f} to {high:.2f})"
        where = "Flags by set and test"
        if not name.startswith("flagged:"):
            main = name in ("exact_match", "exact_folded", "lookup_match", "rouge_l")
            where = f"{'Rates of' if main else 'Further measures on'} {row.set}"
        assert any(shown in cells for cells in table(page, where)), row


def test_power_and_tiers_are_in_print(page: str) -> None:
    heads = ["problems", "exact match", "look-up", "ROUGE-L"]
    tests = ["flagged by reconstruction", "flagged by suffix-logprob"]
    assert table(page, f"Detected by copies of {PLANTED}") == [
        ["copies", *heads, *tests],
        [
            "1", "2", "0.0% (0.0 to 6.0)", "0.0% (0.0 to 7.0)", "0.61 (0.53 to 0.69)",
            "0.0% (0.0 to 9.0)", "25.0% (10.0 to 40.0)",
        ],
        [
            "64", "2", "87.5% (81.5 to 93.5)", "0.0% (0.0 to 7.0)", "0.61 (0.53 to 0.69)",
            "87.5% (78.5 to 96.5)", "100.0% (85.0 to 100.0)",
        ],
    ]  # fmt: skip
    assert f"Detected by copies of {TWIN}" not in page
    rows = table(page, f"Rates by tier of {CONTROL}")
    assert rows[0] == ["tier", *heads[:2], "in any case", *heads[2:]]
    assert [row[:4] for row in rows[1:]] == [
        ["1", "2", "50.0% (33.0 to 67.0)", "100.0% (81.0 to 100.0)"],
        ["2", "2", "0.0% (0.0 to 17.0)", "0.0% (0.0 to 19.0)"],
    ]
    assert f"Here {CONTROL_TEXT}." in Elements(page).text


def test_flags_and_hypotheses_are_in_print(page: str) -> None:
    assert table(page, "Flags by set and test")[1:] == [
        [PLANTED, "reconstruction", "decides", TWIN, "30", "2", "1", "33.4% (3.4 to 63.4)", "0.032"],
        [
            PLANTED, "suffix-logprob", "supplementary, not calibrated", TWIN,
            "30", "1", "0", "66.7% (36.7 to 96.7)", "0.00041",
        ],
    ]  # fmt: skip
    assert table(page, "Tests of whole sets")[1:] == [
        [
            PLANTED, "exact match above look-up", "reconstruction", "look-up without a model",
            "3", "\u22120.333", "0.00012", "0.046", "3.3e+02",
        ]
    ]  # fmt: skip
    assert "1 test in this probe" in Elements(page).text


def test_claims_notices_and_counts_are_in_print(page: str) -> None:
    text = Elements(page).text
    for claim in probe_view().claims:
        assert claim["claim"] in text and f"{claim['raise']}." in text
    assert text.count("Evidence:") == 1 and NOTICE in text
    assert table(page, "Counts")[1] == [PLANTED, "40%", "4", "3", "0", "1", "0", "17"]
    assert len(table(page, "Counts")) == 9


def test_charts_have_alternatives_legends_and_the_theme(page: str) -> None:
    charts = [a for tag, a in Elements(page).tags if tag == "svg" and "role" in a]
    labels = [str(a["aria-label"]) for a in charts]
    assert [label.split(",")[0] for label in labels] == [
        "Exact match by prefix",
        f"Power by dose on {PLANTED}",
        "Famous passages reproduced by tier",
    ]
    for text in (
        "exact match at 0 copies: 0.0% (0.0 to 11.4)",
        "exact match at 1 copy: 0.0% (0.0 to 6.0)",
        "flagged by suffix-logprob at 64 copies: 100.0% (85.0 to 100.0)",
    ):
        assert text in labels[1]
    assert f"0 copies: {TWIN}." in Elements(page).text
    assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", page)
    legends = [
        re.findall(r'key s(\d)" aria-hidden="true">(.)</span> ([^<]*)</li>', legend)
        for legend in re.findall(r'<ul class="legend">(.*?)</ul>', page, re.DOTALL)
    ]
    assert legends == [
        [("0", "●", PLANTED), ("1", "■", TWIN), ("2", "▲", CONTROL), ("3", "◆", LONG)],
        [
            ("0", "●", "exact match"),
            ("1", "■", "flagged by reconstruction"),
            ("2", "▲", "flagged by suffix-logprob"),
        ],
    ]
    assert page.count("look-up baseline, no model") == 1


def test_a_chart_says_how_many_sets_it_leaves_out() -> None:
    view = probe_view()
    sets = [*view.config["sets"], *({"name": f"s{i}", "role": None, "problems": 1} for i in "abc")]
    text = Elements(rendered(replace(view, config=view.config | {"sets": sets}))).text
    assert "The first 6 of 7 sets." in text
    assert text.count("No problem of this set was scored.") == 3


def test_a_bare_probe_still_makes_a_page() -> None:
    page = rendered(bare_view())
    text = Elements(page).text
    for words in (
        "No test has a null on these sets.",
        "Unknown: no copies were planted in this checkpoint",
        "None was probed",
        "null sets none",
        "not detected; the power of this probe is unknown",
    ):
        assert words in text, words
    for label in ("Tests of whole sets", "Detected by copies", "Rates by tier", 'class="notice"'):
        assert label not in page.split("<main>")[1]
    empty = replace(bare_view(), claims=[], items=[], counts=[], results=bare_view().results[:0])
    text = Elements(rendered(empty)).text
    assert "No set under test." in text and "No problem of this set was scored." in text


def test_the_power_of_a_calibration_is_in_print() -> None:
    page = rendered(calibrated_view())
    assert table(page, "Power of the calibration")[1:] == [
        ["reconstruction", "4", "25.0% (12.5 to 50.0)"],
        ["reconstruction", "64", "87.5% (75.0 to 93.8)"],
        ["suffix-logprob", "4", "50.0% (25.0 to 75.0)"],
    ]
    assert "Unknown: no copies" not in page
    assert "reconstruction at 64 copies: 87.5% (75.0 to 93.8); suffix-logprob at 4 copies" in page


def test_identifiers_are_unique_and_every_reference_has_its_target(page: str) -> None:
    names = [attributes["id"] for _, attributes in Elements(page).tags if "id" in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"|aria-labelledby="([^"]+)"', page)
    assert used and {name for names in used for name in names if name} <= set(names)


def test_items_read_back() -> None:
    view = probe_view()
    data = items_of(rendered(view))
    assert len(data["rows"]) == len(view.items) == 38
    for row, item in zip(data["rows"], view.items, strict=True):
        assert [data["sets"][row[0]], row[1]] == [item["set"], item["id"]]
        for place, name in ((2, "prefix"), (3, "suffix"), (4, "continuation")):
            text = item[name]
            if len(text) <= HEAD + TAIL:
                assert row[place] == text
            else:
                left_out = len(text) - HEAD - TAIL
                middle = f" [… {left_out:,} characters left out …] "
                assert row[place] == text[:HEAD] + middle + text[-TAIL:]
        assert [row[5], row[9], row[10]] == [item["exact"], item["group"], item["reason"]]
    assert data["rows"][0][6:9] == [0.5, -1.235, []]
    assert data["rows"][1][8] == [["reconstruction", 0.01235, True], ["suffix-logprob", 0.5, False]]
    assert data["rows"][3][5:8] == [None, None, None]
    assert any("left out" in row[2] for row in data["rows"])


def test_problems_and_distinct_problems_are_in_print_where_they_differ() -> None:
    bare = bare_view()
    head = Result("reciter", "ab" * 32, set=LONG)
    rows = [
        head.of("problems@0.6", number(120, 60)),
        head.of("exact_match@0.6", share(0.5, 0.1, 60)),
        head.of("edit_similarity@0.6", share(0.5, 0.1, 60)),
    ]
    flags = [flag("reconstruction", TWIN, 0.1, False, place) for place in (1, 1, 2)]
    page = rendered(replace(bare, results=Results(rows), flags=flags))
    assert table(page, f"Rates of {LONG}")[1][:3] == ["60%", "all", "120 (60 distinct)"]
    assert [row[0] for row in table(page, f"Further measures on {LONG}")] == [
        "measure",
        "edit_similarity",
    ]
    assert table(page, "Flags by set and test")[1][5] == "3 (2 distinct)"


def test_a_set_that_only_other_signals_measured_is_not_called_unscored() -> None:
    bare = bare_view()
    head = Result("reciter", "ab" * 32, set=LONG)
    other = rendered(replace(bare, results=Results([head.of("min-k:nll", number(1.25, 20))])))
    assert "No problem of this set was scored." not in other
    assert "Measured with other signals: see the further measures." in other
    assert "<details open><summary>Further measures" in other
    assert table(other, f"Further measures on {LONG}")[1] == ["min-k:nll", "–", "1.25", "20"]
    none = rendered(replace(bare, results=Results([])))
    assert "No problem of this set was scored." in none
    assert "<details><summary>Further measures" in rendered(bare)
