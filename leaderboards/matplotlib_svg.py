"""Convert a matplotlib figure to an inline SVG that follows the theme of its page.

Charts are drawn in placeholder colors, which are replaced by CSS variables: one drawing for light and
dark. Identifiers get a prefix, because a page has many charts. External addresses (document type,
metadata, name spaces) are removed; HTML does not need them. The output is deterministic: identifiers
are hashed with the prefix as salt, and no date is written.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leaderboards.chart_texts import TextFigure, are_texts_only

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = 6
"""Number of distinct colors and markers; further series repeat them."""

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (4, 1)), (0, (1, 1)))

INK, MUTED, GRID, ACCENT, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", PAPER: "card"}
_VARIABLES |= {f"#0a0a0{i}": f"s{i}" for i in range(SERIES)}

WIDTH = 480
"""Width of a panel in pixels; fonts stay legible when it is scaled down to 340."""


def series(index: int) -> str:
    """The placeholder color of a series."""
    return f"#0a0a0{index % SERIES}"


def dashes(index: int) -> Any:
    """The line style of a series."""
    return DASHES[index % len(DASHES)]


def new_figure(height: float) -> Figure | TextFigure:
    """An empty figure of `WIDTH` by `height` pixels."""
    if are_texts_only():
        return TextFigure()
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH / 72, height / 72), facecolor="none")


def settings() -> dict[str, object]:
    """The matplotlib settings under which charts are drawn and saved."""
    from matplotlib import rc_params_from_file

    path = Path(__file__).with_name("charts.mplstyle")
    return dict(rc_params_from_file(path, use_default_template=False))


def to_svg(figure: Figure | TextFigure, prefix: str, label: str) -> str:
    """The figure as an inline `<svg>` element with a text alternative.

    Args:
        figure: drawn under `settings()`.
        prefix: letters and digits, unique on the page.
        label: text alternative that describes the chart; escaped here.
    """
    if isinstance(figure, TextFigure):
        return figure.svg(label)
    import matplotlib
    from markupsafe import escape

    buffer = io.StringIO()
    with matplotlib.rc_context({**settings(), "svg.hashsalt": prefix}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    view = re.search(r'viewBox="[^"]*"', text)
    assert view is not None
    body = text[text.index(">") + 1 :].replace("xlink:href", "href")
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', body)
    for color, name in _VARIABLES.items():
        body = body.replace(color, f"var(--{name})")
    return f'<svg {view[0]} role="img" aria-label="{escape(label)}">{body}'.strip()
