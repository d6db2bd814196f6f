"""The page in a real browser: no sideways scroll, no errors, no requests, readable contrast."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from made_up import MadeUp, renamed

from leaderboards.page import render_page

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
@pytest.mark.parametrize("names", ["plain", "hostile", "two models"])
def test_the_page_fits_and_is_quiet(
    run: MadeUp,
    both: MadeUp,
    browser: Any,
    screenshot: ModuleType,
    tmp_path: Path,
    theme: str,
    width: int,
    names: str,
) -> None:
    file = tmp_path / "index.html"
    shown = {"plain": run, "hostile": hostile(run), "two models": both}[names]
    file.write_text(render_page(shown.report, shown.results), encoding="utf-8")
    page = screenshot.open_page(browser, file, width, theme)
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
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
