"""The page of a probe in a real browser: no sideways scroll, no errors, no requests, readable contrast.

The table of items finds, filters, sorts and opens its rows and marks words that differ.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import test_report_browser as report_browser
from made_up_details import HOSTILE
from made_up_probe import (
    CONTROL,
    CONTROL_TEXT,
    LONG,
    NOTICE,
    PLANTED,
    TWIN,
    hostile_view,
    probe_view,
)

from leaderboards.probe_page import ProbeView, render_probe_page

pytestmark = report_browser.pytestmark
browser, screenshot = report_browser.browser, report_browser.screenshot
COUNT = 38


def write(folder: Path, view: ProbeView) -> Path:
    file = folder / "index.html"
    file.write_bytes(render_probe_page(view))
    return file


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("texts", ["plain", "hostile"])
def test_the_page_fits_and_is_quiet(
    browser: Any, screenshot: ModuleType, tmp_path: Path, theme: str, width: int, texts: str
) -> None:
    view = probe_view() if texts == "plain" else hostile_view(HOSTILE + LONG)
    file = write(tmp_path, view)
    page = screenshot.open_page(browser, file, width, theme)
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for number in ("0", "3"):
        page.select_option("#probe-set", number)
        for toggle in page.locator("#probe-rows .toggle").all():
            toggle.click()
        assert page.evaluate("window.innerWidth") == width
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert messages == []
    assert requests == [file.resolve().as_uri()]
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_and_charts_are_legible_on_a_phone(
    browser: Any, screenshot: ModuleType, tmp_path: Path, theme: str
) -> None:
    page = screenshot.open_page(browser, write(tmp_path, probe_view()), 400, theme)
    ratios = dict(page.evaluate(report_browser.LUMINANCE))
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(247, 246, 243)" if theme == "light" else "rgb(20, 22, 26)")
    heights = page.evaluate(
        "[...document.querySelectorAll('.panel svg[role] text')].map(t => "
        "parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.clientWidth / 480)"
    )
    assert len(heights) > 25 and min(heights) >= 10
    assert page.is_visible("text='" + NOTICE.replace("'", "\\'") + "'")
    assert page.get_by_text(f"Here {CONTROL_TEXT}.").is_visible()
    page.context.close()


@pytest.fixture
def table(browser: Any, screenshot: ModuleType, tmp_path: Path) -> Iterator[Any]:
    """The page with its table of items."""
    page = screenshot.open_page(browser, write(tmp_path, probe_view()), 1200, "light")
    yield page
    page.context.close()


def rows(page: Any) -> list[str]:
    """The first cells of the rows that are shown."""
    return list(page.locator("#probe-rows .preview").all_inner_texts())


def count(page: Any) -> str:
    return str(page.inner_text("#probe-count"))


def search(page: Any, words: str, number: int) -> list[str]:
    """The rows that a search shows, after the table of all rows was shown again."""
    for text, shown in (("", COUNT), (words, number)):
        page.fill("#probe-search", text)
        page.wait_for_function(
            "text => document.getElementById('probe-count').textContent === text",
            arg=f"{shown} of {COUNT} items",
        )
    page.wait_for_timeout(200)  # longer than the pause after which the table follows the field
    return rows(page)


def test_the_table_finds_items_by_words_of_any_column(table: Any) -> None:
    assert count(table) == "38 of 38 items"
    assert search(table, "ZEBRA", 1) == ["Bea has"]
    # A word of the continuation alone, an identifier, a part, two words of different texts.
    assert search(table, "blue", 1) == ["Ann has"]
    assert search(table, "t07", 1) == ["Twin 7 has"]
    assert len(search(table, "tier", 3)) == 3
    assert search(table, "ann blue", 1) == ["Ann has"]
    assert search(table, "bea blue", 0) == []


def test_filters_and_sets_count_their_items(table: Any) -> None:
    for chosen, expected in (
        ("flagged", ["Bea has"]),
        ("exact", ["Bea has"]),
        ("unscored", ["indivisible"]),
        ("almost", [HOSTILE]),
    ):
        table.select_option("#probe-filter", chosen)
        assert count(table) == f"{len(expected)} of 38 items"
        assert [text.split("<")[0] for text in rows(table)] == [t.split("<")[0] for t in expected]
    table.select_option("#probe-set", label=TWIN)
    assert count(table) == "0 of 38 items"
    table.select_option("#probe-filter", "")
    assert count(table) == "30 of 38 items"
    assert table.locator("#probe-set option").all_inner_texts() == [
        "all sets", PLANTED, TWIN, CONTROL, LONG
    ]  # fmt: skip


def test_columns_sort_by_keyboard_and_announce_it(table: Any) -> None:
    heads = table.locator("#probe-heads th")
    names = [name.strip() for name in heads.all_inner_texts()]
    assert names == ["text", "set", "part", "exact", "ROUGE-L", "log-prob", "smallest q"]
    assert {head.get_attribute("aria-sort") for head in heads.all()} == {"none"}
    table.locator("#probe-heads [data-key=rouge]").focus()
    table.keyboard.press("Enter")
    assert heads.nth(4).get_attribute("aria-sort") == "descending"
    assert rows(table)[0] == "Bea has"
    table.keyboard.press("Enter")  # the focus stays on the button
    assert heads.nth(4).get_attribute("aria-sort") == "ascending"
    assert rows(table)[:3] == ["Twin 0 has", "Twin 1 has", "Twin 2 has"]
    # An item without a value is the last one either way.
    table.click("#probe-next")
    assert rows(table)[-1] == "indivisible"
    table.locator("#probe-heads [data-key=rouge]").focus()
    table.keyboard.press("Enter")
    assert heads.nth(4).get_attribute("aria-sort") == "none"
    assert rows(table)[:2] == ["Ann has", "Bea has"]
    table.click("#probe-heads [data-key=q]")
    assert heads.last.get_attribute("aria-sort") == "ascending"
    assert rows(table)[:2] == ["Bea has", "Ann has"]


def test_pages_hold_25_rows(table: Any) -> None:
    assert len(rows(table)) == 25 and table.inner_text("#probe-page") == "page 1 of 2"
    assert table.is_disabled("#probe-previous")
    table.click("#probe-next")
    assert len(rows(table)) == 13 and table.is_disabled("#probe-next")
    table.select_option("#probe-filter", "flagged")
    assert table.inner_text("#probe-page") == "page 1 of 1"


def test_a_row_shows_its_numbers(table: Any) -> None:
    cells = table.locator("#probe-rows tr.problem").nth(1).locator("td").all_inner_texts()
    assert cells == [PLANTED, "dose 64", "yes", "1.00", "\u22120.01", "0.012 flagged"]
    cells = table.locator("#probe-rows tr.problem").nth(3).locator("td").all_inner_texts()
    assert cells == [PLANTED, "dose 64", "not scored", "–", "–", "–"]


def test_a_row_opens_by_keyboard_and_marks_the_words_that_differ(table: Any) -> None:
    toggle = table.locator("#probe-rows .toggle").first
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    table.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    detail = table.locator(f"#{toggle.get_attribute('aria-controls')}")
    assert f"{PLANTED}, p0." in detail.inner_text()
    boxes = detail.locator(".pair .checkpoint")
    assert boxes.locator("h4").all_inner_texts() == ["true rest", "continuation"]
    assert boxes.locator(".text").all_inner_texts() == ["two red cats.", "two blue cats. And"]
    assert boxes.nth(0).locator("mark").all_inner_texts() == ["red"]
    assert boxes.nth(1).locator("mark").all_inner_texts() == ["blue", "And"]
    left, right = (box.bounding_box() for box in boxes.all())
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
    table.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "false" and not detail.is_visible()


def test_details_of_flagged_unscored_and_unanswered_items(table: Any) -> None:
    for place in (1, 3, 4):
        table.locator("#probe-rows .toggle").nth(place).click()
    flagged, unscored, unanswered = table.locator("#probe-rows tr.detail:visible").all()
    text = "reconstruction: q 0.01235, flagged; suffix-logprob: q 0.5"
    assert text in flagged.inner_text() and flagged.locator("mark").count() == 0
    assert "Not scored: no boundary." in unscored.inner_text()
    assert unscored.locator(".pair .checkpoint").count() == 0
    assert "empty" in unanswered.inner_text()
    assert unanswered.locator("mark").all_inner_texts() == ["some", "owls."]


def test_hostile_text_stays_text(table: Any) -> None:
    title = table.title()
    table.locator("#probe-rows .toggle").nth(2).click()
    detail = table.locator("#probe-rows tr.detail").nth(2)
    assert HOSTILE[:-1] in detail.locator(".text").first.inner_text()
    assert "<b>bold</b>" in detail.inner_text()
    assert table.title() == title and table.locator("main img, main script, main b").count() == 0


def test_a_script_in_the_page_would_not_run(
    browser: Any, screenshot: ModuleType, tmp_path: Path
) -> None:
    """The policy alone, on a page into which a script was put."""
    file = write(tmp_path, probe_view())
    html = file.read_text("utf-8")
    file.write_text(html.replace("<main>", "<main><script>document.title = 'broken'</script>"))
    page = screenshot.open_page(browser, file, 1200, "light")
    assert page.title() != "broken" and len(rows(page)) == 25
    page.context.close()


def test_downloads_hold_the_rows_the_results_and_the_figures(table: Any) -> None:
    table.select_option("#probe-filter", "flagged")
    with table.expect_download() as waiting:
        table.click("#probe-csv")
    assert waiting.value.suggested_filename == "items.csv"
    with Path(waiting.value.path()).open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row == {
        "set": PLANTED,
        "id": "p1",
        "part": "dose 64",
        "prefix": "Bea has",
        "true rest": " 12 zebras.",
        "continuation": " 12 zebras.",
        "exact match": "true",
        "ROUGE-L": "1",
        "log-probability per token": "-0.01",
        "reconstruction: q": "0.01235",
        "reconstruction: flagged": "true",
        "suffix-logprob: q": "0.5",
        "suffix-logprob: flagged": "false",
    }
    with table.expect_download() as waiting:
        table.click("#results-csv")
    with Path(waiting.value.path()).open(newline="") as file:
        stored = list(csv.DictReader(file))
    results = probe_view().results
    assert [row["measure"] for row in stored] == [row.measure for row in results]
    assert [float(row["value"]) for row in stored] == [
        pytest.approx(row.value, rel=1e-5) for row in results
    ]
    with table.expect_download() as waiting:
        table.locator("figure.panel .download").first.click()
    svg = ElementTree.parse(waiting.value.path()).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in ElementTree.tostring(svg, encoding="unicode")


def test_without_scripts_the_rest_is_readable(browser: Any, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(write(tmp_path, probe_view()).resolve().as_uri())
    assert page.is_visible("noscript p") and not page.is_visible("#probe-browser")
    assert page.locator("section table").first.is_visible()
    assert page.locator("figure.panel svg").first.is_visible()
    context.close()


def test_print_opens_what_is_folded_and_cuts_nothing(table: Any) -> None:
    table.emulate_media(media="print")
    table.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    table.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert table.locator("details:not([open])").count() == 0
    wide = table.evaluate(
        "[...document.querySelectorAll('main table, main svg')].filter(e => "
        "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.parentElement.ariaLabel)"
    )
    assert wide == []
    assert not table.locator(".filters").is_visible()
