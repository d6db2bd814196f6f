"""Write the table of settings into docs/recipes.md: `python docs/write_settings.py` (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from clean_bench.cli.list import settings_rows

PAGE = Path(__file__).with_name("recipes.md")
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


def table() -> str:
    """The settings as a Markdown table."""
    lines = ["| key | type | default | meaning | source |", "|---|---|---|---|---|"]
    for row in settings_rows():
        cells = [f"`{row['name']}`", row["type"], f"`{row['default']}`" if row["default"] else ""]
        cells += [row["meaning"], row["source"]]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the table of the current settings."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
