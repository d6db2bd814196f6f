"""The page in a real browser: no sideways scroll, no errors, no requests, readable contrast.

The table of problems finds, filters, sorts and opens its rows; hostile text stays text.
"""

from __future__ import annotations

import csv
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from made_up import MadeUp, renamed
from made_up_details import HOSTILE, TIMES, tables

from leaderboards import page as page_module
from leaderboards.page import PAGE, page_files, render_page
from leaderboards.page_data import ProblemTable

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which("chromium") or shutil.which("chromium-browser")),
        reason="needs Debian's Chromium (apt-get install chromium)",
    ),
]

LUMINANCE = """
() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = colour => {
    paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => {
      v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const css = getComputedStyle(document.documentElement);
  const of = name => light(css.getPropertyValue('--' + name).trim());
  const names = ['ink', 'muted', 'accent', 'up', 'down', 's0', 's1', 's2', 's3', 's4', 's5'];
  return names.flatMap(n => ['paper', 'card'].map(b => {
    const [x, y] = [of(n), of(b)].sort((p, q) => q - p);
    return [n + ' on ' + b, (x + 0.05) / (y + 0.05)]; }));
}
"""


@pytest.fixture(scope="module")
def screenshot() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "measurements" / "screenshot.py"
    spec = importlib.util.spec_from_file_location("screenshot", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser(screenshot: ModuleType) -> Iterator[Any]:
    with screenshot.browser() as instance:
        yield instance


def write(folder: Path, shown: MadeUp, problems: list[ProblemTable]) -> Path:
    """The path of the page, written with whatever lies beside it."""
    for name, data in page_files(shown.report, shown.results, problems, TIMES).items():
        (folder / name).write_bytes(data)
    return folder / PAGE


def hostile(made_up: MadeUp) -> MadeUp:
    """Names that are long and have no place to break."""
    long = "averyveryverylongnamewithoutanyplacetobreak" * 2
    [model] = made_up.report.models
    first, *sets = made_up.report.sets
    report = made_up.report.model_copy(
        update={
            "title": long,
            "models": (model.model_copy(update={"checkpoint": long}),),
            "sets": (first.model_copy(update={"description": long}), *sets),
            "limits": (long,),
        }
    )
    return renamed(MadeUp(report, made_up.results), {"truth": long})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("names", ["plain", "hostile", "two models", "full"])
def test_the_page_fits_and_is_quiet(
    run: MadeUp,
    both: MadeUp,
    full: MadeUp,
    browser: Any,
    screenshot: ModuleType,
    tmp_path: Path,
    theme: str,
    width: int,
    names: str,
) -> None:
    shown = {"plain": run, "hostile": hostile(run), "two models": both, "full": full}[names]
    file = write(tmp_path, shown, tables() if names == "full" else [])
    page = screenshot.open_page(browser, file, width, theme)
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if names == "full":
        # Row 4 holds hostile text, and so does a completion of row 8.
        for number in (3, 7):
            page.locator("#problem-rows .toggle").nth(number).click()
    assert page.evaluate("window.innerWidth") == width
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert messages == []
    assert requests == [file.resolve().as_uri()]
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_text_is_readable(
    run: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path, theme: str
) -> None:
    file = tmp_path / "index.html"
    file.write_text(render_page(run.report, run.results), encoding="utf-8")
    page = screenshot.open_page(browser, file, 1400, theme)
    ratios = dict(page.evaluate(LUMINANCE))
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(247, 246, 243)" if theme == "light" else "rgb(20, 22, 26)")
    page.context.close()


def test_text_of_charts_is_legible_on_a_phone(
    run: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "index.html"
    file.write_text(render_page(run.report, run.results), encoding="utf-8")
    page = screenshot.open_page(browser, file, 400, "light")
    heights = page.evaluate(
        "[...document.querySelectorAll('.panel svg text')].map(t => "
        "parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.clientWidth / 480)"
    )
    assert len(heights) > 100 and min(heights) >= 10
    page.context.close()


@pytest.fixture
def table(full: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path) -> Iterator[Any]:
    """The page with its table of forty problems."""
    page = screenshot.open_page(browser, write(tmp_path, full, tables()), 1400, "light")
    yield page
    page.context.close()


def rows(page: Any) -> list[str]:
    """The first cells of the rows that are shown."""
    return list(page.locator("#problem-rows .preview").all_inner_texts())


def search(page: Any, words: str, count: str) -> list[str]:
    """The rows that a search shows, after the table of all rows was shown again."""
    for text, shown in (("", "40 of 40 problems"), (words, count)):
        page.fill("#problem-search", text)
        page.wait_for_function(
            "text => document.getElementById('problem-count').textContent === text", arg=shown
        )
    page.wait_for_timeout(200)  # longer than the pause after which the table follows the field
    return rows(page)


def test_the_table_finds_a_problem_by_a_word(table: Any) -> None:
    assert table.inner_text("#problem-count") == "40 of 40 problems"
    assert search(table, "ZEBRA", "1 of 40 problems") == ["Problem 5: how many zebras has Ann?"]
    # A word of one completion alone, and two words of which each occurs somewhere.
    assert search(table, "umbrella", "1 of 40 problems") == ["Problem 7: how many cats has Ann?"]
    assert search(table, "p/012 cats", "1 of 40 problems") == ["Problem 12: how many cats has Ann?"]
    assert search(table, "boxed{7}", "40 of 40 problems")[0].startswith("Problem 0")
    assert search(table, "zebra umbrella", "0 of 40 problems") == []


@pytest.mark.parametrize(
    ("checkpoint", "chosen", "numbers"),
    [
        ("truth", "flipped-right", [0]),
        ("truth", "flipped-wrong", [1]),
        ("truth", "cut", [2]),
        ("python", "cut", []),
        ("python", "flipped-right", []),
        ("python", "flipped-wrong", [1]),
        ("random", "flipped-wrong", []),  # it has no completions
    ],
)
def test_filters_count_the_problems_of_a_checkpoint(
    table: Any, checkpoint: str, chosen: str, numbers: list[int]
) -> None:
    table.select_option("#problem-checkpoint", label=checkpoint)
    table.select_option("#problem-filter", chosen)
    assert rows(table) == [f"Problem {n}: how many cats has Ann?" for n in numbers]
    assert table.inner_text("#problem-count") == f"{len(numbers)} of 40 problems"


def test_memorized_problems_of_a_set(table: Any) -> None:
    table.select_option("#problem-filter", "memorized")
    assert table.inner_text("#problem-count") == "20 of 40 problems"
    table.select_option("#problem-set", label="reciter/twin")
    assert table.inner_text("#problem-count") == "0 of 40 problems"


def test_columns_sort_by_keyboard_and_announce_it(table: Any) -> None:
    heads = table.locator("#problem-heads th")
    names = [name.strip() for name in heads.all_inner_texts()]
    assert names == ["problem", "set", "gold", "memorized", "base", "truth", "change"]
    assert {head.get_attribute("aria-sort") for head in heads.all()} == {"none"}
    table.locator("#problem-heads button").last.focus()
    table.keyboard.press("Enter")
    assert heads.last.get_attribute("aria-sort") == "descending"
    last = table.locator("#problem-rows tr.problem td:last-child")
    # Two of four sampled answers right before, four of four after; the focus stays on the button.
    assert "+50" in last.first.inner_text()
    table.keyboard.press("Enter")
    assert heads.last.get_attribute("aria-sort") == "ascending"
    assert last.first.inner_text() == "\u2212100 flipped wrong"
    table.keyboard.press("Enter")
    assert heads.last.get_attribute("aria-sort") == "none"
    assert rows(table)[0].startswith("Problem 0")


def test_pages_hold_25_rows(table: Any) -> None:
    assert len(rows(table)) == 25 and table.inner_text("#problem-page") == "page 1 of 2"
    assert table.is_disabled("#problem-previous")
    table.click("#problem-next")
    assert len(rows(table)) == 15 and rows(table)[0].startswith("Problem 25")
    assert table.is_disabled("#problem-next")


def test_a_row_opens_with_its_completions(table: Any) -> None:
    toggle = table.locator("#problem-rows .toggle").first
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    table.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    detail = table.locator(f"#{toggle.get_attribute('aria-controls')}")
    text = detail.inner_text()
    for words in (
        "p/000. Gold answer: 7",
        "base: 2 of 4 sampled right",
        "truth: 4 of 4 sampled right",
        "greedy wrong answer 8",
        "greedy right answer 7",
        "so the sum is \\boxed{8}",
    ):
        assert words in text, words
    table.keyboard.press("Enter")
    assert not detail.is_visible()


def test_hostile_text_stays_text(table: Any) -> None:
    title = table.title()
    for number in (3, 7):
        table.locator("#problem-rows .toggle").nth(number).click()
    assert HOSTILE[:-1] in table.locator("tr.detail .text").nth(0).inner_text()
    assert "an umbrella </script><script>" in table.locator("#problem-rows").inner_text()
    assert table.title() == title and table.locator("main img, main script").count() == 0


def test_a_script_in_the_page_would_not_run(
    full: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path
) -> None:
    """The policy alone, on a page into which a script was put."""
    file = write(tmp_path, full, [])
    html = file.read_text("utf-8")
    file.write_text(html.replace("<main>", "<main><script>document.title = 'broken'</script>"))
    page = screenshot.open_page(browser, file, 1400, "light")
    assert page.title() != "broken"
    page.context.close()


def test_downloads_hold_the_rows_the_results_and_the_figures(table: Any, full: MadeUp) -> None:
    table.select_option("#problem-filter", "flipped-right")
    with table.expect_download() as waiting:
        table.click("#problems-csv")
    assert waiting.value.suggested_filename == "problems.csv"
    with Path(waiting.value.path()).open(newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["id"], row["gold"], row["memorized"], row["copies"]) == ("p/000", "7", "true", "0")
    assert (row["base: greedy grade"], row["truth: greedy grade"]) == ("different", "equal")
    assert (row["base: sampled right"], row["base: sampled"], row["random: sampled"]) == (
        "2",
        "4",
        "",
    )
    with table.expect_download() as waiting:
        table.click("#results-csv")
    with Path(waiting.value.path()).open(newline="") as file:
        stored = list(csv.DictReader(file))
    expected = [row for row in full.results if row.step is None]
    assert [row["measure"] for row in stored] == [row.measure for row in expected]
    assert [row["value"] for row in stored] == [f"{row.value:.6g}" for row in expected]
    with table.expect_download() as waiting:
        table.locator("figure.panel .download").first.click()
    svg = ElementTree.parse(waiting.value.path()).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in ElementTree.tostring(svg, encoding="unicode")


def test_text_that_a_spreadsheet_would_run_is_quoted(table: Any) -> None:
    text = table.evaluate("csvOf([['=1+1', '-3', '-3.5e-05', '@x', 'a,b', null, 'say \"a\"']])")
    assert next(csv.reader([text])) == [
        "'=1+1", "-3", "-3.5e-05", "'@x", "a,b", "", 'say "a"'
    ]  # fmt: skip


def test_large_data_are_read_from_beside_the_page(
    full: MadeUp,
    browser: Any,
    screenshot: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_module, "EMBEDDED_BYTES", 1000)
    file = write(tmp_path, full, tables())
    page = screenshot.open_page(browser, file, 1400, "light")
    assert page.inner_text("#problem-count") == "40 of 40 problems"
    (tmp_path / "problems.js").unlink()
    page.reload()
    assert page.is_visible("#no-problems") and not page.is_visible("#problem-browser")
    assert page.is_visible("#answer")
    page.context.close()


def test_without_scripts_the_rest_is_readable(full: MadeUp, browser: Any, tmp_path: Path) -> None:
    file = write(tmp_path, full, tables())
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(file.resolve().as_uri())
    assert page.is_visible("noscript p") and not page.is_visible("#problem-browser")
    assert page.is_visible("table.scores") and page.locator("figure.panel svg").first.is_visible()
    context.close()


def test_print_opens_what_is_folded_and_cuts_nothing(table: Any) -> None:
    folded = "details:not([open])"
    count = table.locator(folded).count()
    assert count > 4
    table.emulate_media(media="print")
    table.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    # The style alone shows what is folded; the handler opens it for browsers without that selector.
    assert table.locator("table.probes").is_visible()
    table.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert table.locator(folded).count() == 0
    wide = table.evaluate(
        "[...document.querySelectorAll('main table, main svg, main pre')].filter(e => "
        "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName)"
    )
    assert wide == []
    assert not table.locator(".filters").is_visible() and not table.locator("nav").is_visible()
    table.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert table.locator(folded).count() == count


def test_a_single_card_does_not_stretch_over_the_page(
    run: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path
) -> None:
    [model] = run.report.models
    one = model.model_copy(update={"arms": model.arms[:1]})
    report = run.report.model_copy(update={"models": (one,)})
    page = screenshot.open_page(
        browser, write(tmp_path, MadeUp(report, run.results), []), 1400, "light"
    )
    assert page.locator(".cards .card").count() == 1
    assert page.evaluate("document.querySelector('.card').clientWidth") < 500
    page.context.close()


def test_the_table_of_sets_stacks_on_a_phone_and_scores_fit_a_desktop(
    full: MadeUp, browser: Any, screenshot: ModuleType, tmp_path: Path
) -> None:
    file = write(tmp_path, full, tables())
    page = screenshot.open_page(browser, file, 400, "light")
    assert page.evaluate(
        "[...document.querySelectorAll('.stacks')].every(t => t.scrollWidth <= "
        "t.closest('.scroll').clientWidth)"
    )
    page.context.close()
    page = screenshot.open_page(browser, file, 1400, "light")
    assert page.evaluate(
        "(t => t.scrollWidth <= t.closest('.scroll').clientWidth)(document.querySelector('.scores'))"
    )
    # The contents stay in sight.
    page.evaluate("window.scrollTo(0, 3000)")
    assert page.locator(".contents a").first.bounding_box()["y"] >= 0
    page.context.close()
