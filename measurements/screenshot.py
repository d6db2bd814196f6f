"""Screenshots of a run's report in headless Chromium.

    python measurements/screenshot.py [RUN_DIR] [OUT]        default: runs/demo docs/report.png
    python measurements/screenshot.py RUN_DIR --all FOLDER   light and dark, 1400 and 400 pixels wide

Needs the playwright package and a system Chromium (Debian: apt-get install chromium). The width is
set on the page's device, because a Chromium window cannot be as narrow as 400 pixels.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Theme = Literal["light", "dark"]

_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The path of the system's Chromium; None if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium without background network requests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET])
        yield instance
        instance.close()


def open_page(instance: Browser, file: Path, width: int, theme: Theme, height: int = 900) -> Page:
    """Open a local file on a device of this width, in CSS pixels."""
    context = instance.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, offline=True
    )
    page = context.new_page()
    page.goto(file.resolve().as_uri())
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", nargs="?", default="runs/demo", type=Path)
    parser.add_argument("out", nargs="?", default="docs/report.png", type=Path)
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="all four screenshots, full pages"
    )
    options = parser.parse_args()
    file = options.run / "index.html"
    if not file.is_file():
        print(f"{file}: no such file; make demo writes it", file=sys.stderr)
        return 2
    if chromium() is None:
        print("expected a Chromium, got none; apt-get install chromium", file=sys.stderr)
        return 2
    with browser() as instance:
        if options.all:
            options.all.mkdir(parents=True, exist_ok=True)
            themes: tuple[Theme, ...] = ("light", "dark")
            for theme in themes:
                for width in (1400, 400):
                    page = open_page(instance, file, width, theme)
                    path = options.all / f"{theme}-{width}.png"
                    page.screenshot(path=path, full_page=True)
                    print(path)
        else:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            page = open_page(instance, file, 1400, "light")
            end = page.evaluate(
                "document.querySelector('[aria-labelledby=scores] .panels')"
                "?.getBoundingClientRect().bottom ?? 1200"
            )
            height = int(end) + 12
            page.screenshot(
                path=options.out,
                full_page=True,
                clip={"x": 0, "y": 0, "width": 1400, "height": height},
            )
            print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
