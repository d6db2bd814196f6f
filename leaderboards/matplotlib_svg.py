"""From a matplotlib figure to an SVG that lives inside a page and follows its theme.

Charts are drawn in stand-in colours that are then replaced by CSS variables, so one drawing serves
light and dark. Identifiers get a prefix (many charts share a page), and everything that names an
outside address (document type, metadata, name spaces) is left out: HTML needs none of it. The bytes
depend on the figure alone: hashed identifiers are salted with the prefix and no date is written.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = 6
"""How many series have a colour and a marker of their own; more begin again."""

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (4, 1)), (0, (1, 1)))

INK, MUTED, GRID, ACCENT, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", PAPER: "card"}
_VARIABLES |= {f"#0a0a0{i}": f"s{i}" for i in range(SERIES)}

WIDTH = 480
"""Natural width of a panel in pixels; fonts are sized to stay legible at 340."""


def series(index: int) -> str:
    """The stand-in colour of the series of this index."""
    return f"#0a0a0{index % SERIES}"


def new_figure(height: float) -> Figure:
    """An empty figure of `WIDTH` by `height` pixels (one unit of the drawing is one pixel)."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH / 72, height / 72), facecolor="none")


def settings() -> dict[str, object]:
    """The matplotlib settings under which charts are drawn and saved."""
    from matplotlib import rc_params_from_file

    path = Path(__file__).with_name("charts.mplstyle")
    return dict(rc_params_from_file(path, use_default_template=False))


def to_svg(figure: Figure, prefix: str, label: str) -> str:
    """The figure as an inline `<svg>` element with a text alternative.

    Args:
        figure: drawn under `settings()`.
        prefix: letters and digits, unique on the page.
        label: what the chart shows, in words; escaped here.
    """
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
    for colour, name in _VARIABLES.items():
        body = body.replace(colour, f"var(--{name})")
    return f'<svg {view[0]} role="img" aria-label="{escape(label)}">{body}'.strip()
