"""The strict and the flexible accuracy on the page."""

from __future__ import annotations

from made_up import MadeUp
from made_up_details import TIMES, tables
from test_report_page import Elements

from clean_bench.results import Result, Results
from clean_bench.statistics.wilson import wilson
from leaderboards import page
from leaderboards.extractions import extractions_of
from leaderboards.page import page_files
from leaderboards.table import markdown

HEAD = Result(checkpoint="organism/base", set="math", template="raw")
BOTH = Results(
    [
        HEAD.of("strict:avg@16", wilson(3, 10)),
        HEAD.of("flexible:avg@16", wilson(5, 10)),
        HEAD.of("strict:accuracy", wilson(1, 10)),
        HEAD.of("flexible:accuracy", wilson(2, 10)),
        HEAD.of("avg@16", wilson(5, 10)),
        HEAD._replace(checkpoint="other/base").of("strict:avg@16", wilson(4, 10)),
    ]
)


def test_both_accuracies_of_the_headline_by_checkpoint() -> None:
    [row] = extractions_of("organism", "avg@16", BOTH)
    assert (row.checkpoint, row.set, row.template) == ("base", "math", "raw")
    assert (row.strict.value, row.flexible.value, row.differ) == (0.3, 0.5, True)
    [greedy] = extractions_of("organism", "accuracy", BOTH)
    assert (greedy.strict.value, greedy.flexible.value) == (0.1, 0.2)
    assert list(extractions_of("organism", "avg@8", BOTH)) == []
    assert list(extractions_of("other", "avg@16", BOTH)) == []  # it has no flexible accuracy


def text_of(full: MadeUp, rows: list[Result]) -> str:
    results = Results([*full.results, *rows])
    html = page_files(full.report, results, tables(), TIMES)[page.PAGE].decode()
    return " ".join(Elements(html).text.split())


def test_the_page_has_them_where_a_run_has_both(full: MadeUp) -> None:
    title = "Strict and flexible accuracy"
    assert title not in text_of(full, []) and "trict" not in markdown(full.report, full.results)
    model, info = full.report.models[0].name, full.report.sets[0]
    head = Result(checkpoint=f"{model}/base", set=info.name, template="raw")
    names = ("strict:avg@16", "flexible:avg@16")
    equal = text_of(full, [head.of(name, wilson(5, 10)) for name in names])
    assert title in equal and "Here both are equal for every checkpoint and set." in equal
    both = Results([*full.results, *(head.of(name, wilson(5, 10)) for name in names)])
    assert "\n\nStrict and flexible accuracy are equal for every" in markdown(full.report, both)
    rows = [head.of(name, wilson(n, 1000)) for name, n in zip(names, (123, 457), strict=True)]
    differing = text_of(full, rows)
    assert "Here both are equal" not in differing
    assert "12.3%" in differing and "45.7%" in differing
    table = markdown(full.report, Results([*full.results, *rows]))
    assert "| checkpoint | set | template | strict accuracy | flexible accuracy |" in table
    assert "| raw | 12.3% (10.4 to 14.5) | 45.7% (42.6 to 48.8) |" in table  # Wilson 1927
