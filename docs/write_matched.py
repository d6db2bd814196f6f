"""Write the examples into docs/matched.md: `python docs/write_matched.py` (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from clean_bench.seeds import digest
from generators.competition.registry import templates
from generators.competition.template import SUBJECTS

PAGE = Path(__file__).with_name("matched.md")
BEGIN, END = "<!-- examples: begin -->", "<!-- examples: end -->"


def examples() -> str:
    """One problem of each subject and level as a Markdown table."""
    lines = ["| subject | level | template | problem | answer |", "|---|---|---|---|---|"]
    for subject in SUBJECTS.values():
        for level in range(1, 6):
            cell = [t for t in templates().values() if (t.subject, t.level) == (subject, level)]
            template = cell[digest("examples", subject, level, length=1)[0] % len(cell)]
            item = next(template.examples("examples"))
            cells = [subject, str(level), template.name, item.problem, f"${item.answer}$"]
            lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the current examples."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{examples()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
