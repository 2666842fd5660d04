"""Documents in notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def table(rows: Iterable[Iterable[object]]) -> str:
    """A table, of which the first row is the header."""
    cells = (
        "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in row) + "</tr>"
        for tag, row in ((("td" if index else "th"), row) for index, row in enumerate(rows))
    )
    return f"<table>{''.join(cells)}</table>"


def of_markdown(text: str) -> str:
    """The tables and lines of Markdown as the renderers of this package write it."""
    parts: list[str] = []
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.replace("**", "").strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            parts.append(table(row for index, row in enumerate(rows) if index != 1))
            rows = []
        if line.strip():
            parts.append(f"<p>{escape(line.strip().replace('**', '').replace('`', '').removeprefix('- '))}</p>")
    return "".join(parts)


def preformatted(text: str) -> str:
    """Text whose columns matter."""
    return f'<pre style="line-height: 1.3">{escape(text)}</pre>'
