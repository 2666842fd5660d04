"""Runs notebooks and writes them as pages, with what they show.

    python python/notebooks/run.py [--check] [NAME ...]

The pages are docs/notebooks/NAME.md. With --check nothing is written: a page whose code
is not the notebook's, or that shows something else, is an error. What a cell shows is not
compared where its metadata says so ("varies"), as of a model that is trained.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGES = ROOT / "docs/notebooks"


def shown(value: Any, name: str, files: dict[str, str]) -> str:
    """A value as a notebook shows it: a picture, a table, or its text."""
    if hasattr(value, "_repr_svg_"):
        files[name] = value._repr_svg_()
        return f"![{name}]({name})"
    if type(value).__module__.startswith("massive_nlu") and hasattr(value, "_repr_html_"):
        # A blank line would end the HTML.
        return "\n".join(line for line in value._repr_html_().splitlines() if line.strip())
    return f"```text\n{value!r}\n```"


def run_cell(source: str, values: dict[str, Any], name: str, files: dict[str, str]) -> str:
    """Runs a cell and gives what it prints and what its last line is."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), values)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), values)
    parts = [f"```text\n{printed.getvalue().rstrip()}\n```"] if printed.getvalue().strip() else []
    return "\n\n".join([*parts, *([shown(value, name, files)] if value is not None else [])])


def page_of(path: Path) -> tuple[list[tuple[str, str, bool]], dict[str, str]]:
    """The parts of the page of a notebook, its text and what its cells show (which varies
    or not), and the pictures."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    values: dict[str, Any] = {"__name__": "__main__"}
    files: dict[str, str] = {}
    parts = []
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append((source, "", False))
            continue
        output = run_cell(source, values, f"{path.stem}-{number}.svg", files)
        parts.append((f"```python\n{source}\n```", output, bool(cell["metadata"].get("varies"))))
    return parts, files


def differences(path: Path, parts: list[tuple[str, str, bool]], files: dict[str, str]) -> list[str]:
    """What the page in docs/ lacks."""
    page = PAGES / f"{path.stem}.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    lacks = [part for source, output, varies in parts for part in (source, "" if varies else output) if part not in text]
    there = {name: (PAGES / name).read_text(encoding="utf-8") for name in files if (PAGES / name).is_file()}
    return lacks + [name for name in files if there.get(name) != files[name]]


def main() -> None:
    """Runs the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    names = arguments.names or sorted(path.stem for path in HERE.glob("*.ipynb"))
    for name in names:
        path = HERE / f"{name}.ipynb"
        parts, files = page_of(path)
        if arguments.check:
            if lacks := differences(path, parts, files):
                listed = "\n---\n".join(lacks)
                sys.exit(f"docs/notebooks/{name}.md is not what the notebook gives: it lacks\n{listed}")
            continue
        PAGES.mkdir(parents=True, exist_ok=True)
        source = f"<!-- Written by python/notebooks/run.py from python/notebooks/{name}.ipynb. -->"
        text = "\n\n".join([source, *(part for source, output, _ in parts for part in (source, output) if part)])
        (PAGES / f"{name}.md").write_text(text + "\n", encoding="utf-8")
        for file, content in files.items():
            (PAGES / file).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
