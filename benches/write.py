#!/usr/bin/env python3
"""Puts a table into a page of docs/, docs/benchmarks.md unless another is named.

usage: COMMAND | write.py NAME [PAGE]

What stands on standard input replaces what stands between the lines
`<!-- begin NAME -->` and `<!-- end NAME -->`. Nothing is changed where the input
is empty or the lines are not there.
"""

import sys
from pathlib import Path


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    name = sys.argv[1]
    page = sys.argv[2] if len(sys.argv) == 3 else "benchmarks.md"
    page = Path(__file__).resolve().parent.parent / "docs" / page
    table = sys.stdin.read().strip()
    if not table:
        sys.exit(f"write.py: nothing came in for {name}; {page.name} is as it was")
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"write.py: {page.name} has no place for {name}")
    before, rest = text.split(begin)
    after = rest.split(end, 1)[1]
    written = page.with_suffix(".md.new")
    written.write_text(f"{before}{begin}{table}\n{end}{after}", encoding="utf-8")
    written.replace(page)


main()
