"""A page against the same page without its drawing: any other text, element or attribute is found."""

import re

import pytest
from made_up import made_up

from leaderboards.chart_texts import texts_only
from leaderboards.compare_pages import page_differences
from leaderboards.page import render_page


@pytest.fixture(scope="module")
def drawn():
    run = made_up()
    return render_page(run.report, run.results)


@pytest.fixture(scope="module")
def built():
    run = made_up()
    with texts_only():
        return render_page(run.report, run.results)


def test_the_honest_page(drawn, built):
    assert drawn != built and drawn.count("<svg") == built.count("<svg") > 5
    assert list(page_differences(drawn, built)) == []
    assert "matplotlib" in drawn and "matplotlib.axis" not in built


def test_other_curves_and_ticks_are_no_difference(drawn, built):
    """Another version of matplotlib may draw them otherwise."""
    moved = re.sub(r"L ([0-9]+) ", lambda match: f"L {int(match[1]) + 1} ", drawn)
    ticks = re.sub(r">(-?[0-9]+)</text>", lambda match: f">{int(match[1]) + 5}</text>", moved)
    assert len({drawn, moved, ticks}) == 3
    assert list(page_differences(ticks, built)) == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("<title>", "<title>Better ", "reads"),
        ("</body>", "<script>alert(1)</script></body>", "reads"),
        ("<body", '<body onload="alert(1)"', "reads"),
        ("default-src ", "default-src * ", "reads"),
        ("<svg viewBox", '<svg onload="alert(1)" viewBox', "description"),
        ('img" aria-label="', 'img" aria-label="No: ', "description"),
        ("</defs>", "<script>alert(1)</script></defs>", "holds the element"),
        ("<defs>", "<defs><foreignObject/>", "holds the element"),
        ("<defs>", '<defs><image href="http://x.org/y"/>', "holds the element"),
        ("<defs>", '<defs><a href="#x"/>', "holds the element"),
        ("</svg>", '<use href="http://x.org/y#z"/></svg>', "holds the attribute"),
        ("</svg>", '<g onclick="alert(1)"/></svg>', "holds the attribute"),
        ("</svg>", '<g style="fill: url(http://x.org/y)"/></svg>', "holds the attribute"),
        ("</svg>", '<path clip-path="url(http://x.org/y)"/></svg>', "holds the attribute"),
        ("</svg>", "<!-- --></svg>", "more than a drawing"),
        ("</svg>", "<![CDATA[x]]></svg>", "more than a drawing"),
        ("<style type", "<style>*{fill:url(http://x)}</style><style type", "style sheet"),
        ("</svg>", "words</svg>", "holds the text"),
        ("</svg>", "<text>99.0% now</text></svg>", "has the text"),
        ("</svg>", "<g></svg>", "cannot be read"),
        ("</svg>", "</svg><svg></svg>", "charts, expected"),
    ],
)
def test_an_edited_page(drawn, built, old, new, what):
    assert old in drawn
    differences = list(page_differences(drawn.replace(old, new, 1), built))
    assert differences and what in differences[0]


def test_every_number_beside_a_mark_counts(drawn, built):
    """The text of each row of each chart, edited alone."""
    shown = set(re.findall(r"<text[^>]*>([^<]*[%→(][^<]*)</text>", drawn))
    assert len(shown) > 10
    for text in shown:
        edited = drawn.replace(f">{text}</text>", ">1.0% → 99.0%</text>", 1)
        differences = "\n".join(page_differences(edited, built))
        assert "1.0% → 99.0%" in differences
