"""The texts of charts without their drawing: a stand-in for matplotlib's figure and axes.

A page whose charts were drawn by another version of matplotlib cannot be built again byte by byte. With
`texts_only` its charts are elements that hold their texts alone, which `leaderboards.compare_pages`
compares; matplotlib is not imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from markupsafe import escape

_TEXTS_ONLY: ContextVar[bool] = ContextVar("texts_only", default=False)


@contextmanager
def texts_only() -> Iterator[None]:
    """Charts that are made within the block hold their texts alone."""
    token = _TEXTS_ONLY.set(True)
    try:
        yield
    finally:
        _TEXTS_ONLY.reset(token)


def are_texts_only() -> bool:
    """Whether charts hold their texts alone at this moment."""
    return _TEXTS_ONLY.get()


class TextFigure:
    """A figure that keeps the texts of its axes, in place of `matplotlib.figure.Figure`."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add_axes(self, rectangle: Sequence[float]) -> TextAxes:
        return TextAxes(self._texts)

    def svg(self, label: str) -> str:
        """An `<svg>` element with the texts, and a text alternative."""
        texts = "".join(f"<text>{escape(text)}</text>" for text in self._texts)
        return f'<svg viewBox="0 0 0 0" role="img" aria-label="{escape(label)}">{texts}</svg>'


class TextAxes:
    """Axes that keep the texts of rows, labels and named ticks, and ignore everything else."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self.spines = _Ignored()

    def text(self, x: float, y: float, text: str, **_: Any) -> None:
        self._texts.append(text)

    def set_xlabel(self, text: str) -> None:
        self._texts.append(text)

    def set_ylabel(self, text: str) -> None:
        self._texts.append(text)

    def set_xticks(self, ticks: Sequence[float], labels: Sequence[str] = ()) -> None:
        self._texts += labels

    def __getattr__(self, name: str) -> _Ignored:
        return _Ignored()


class _Ignored:
    """Whatever is called or read on it is ignored."""

    def __call__(self, *_: Any, **__: Any) -> _Ignored:
        return self

    def __getattr__(self, name: str) -> _Ignored:
        return self

    def __getitem__(self, key: object) -> _Ignored:
        return self
