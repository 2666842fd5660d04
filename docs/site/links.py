"""Checks that every link of a folder of pages leads to a file that is there, and to a
name that the file has. Links to other sites are not followed.

    python3 docs/site/links.py BOOK
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links and names of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(path.read_text(errors="replace"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name in ("id", "name") and value:
                self.names.add(value)


book = Path(sys.argv[1]).resolve()
pages = {path: Page(path) for path in sorted(book.rglob("*.html"))}
broken = []
count = 0
for path, page in pages.items():
    # What is live is drawn by its scripts, and printed pages repeat the others.
    if "live" in path.parts or path.name in ("print.html", "404.html", "toc.html"):
        continue
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        count += 1
        target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            broken.append(f"{path.relative_to(book)}: {link}: no such file")
        elif parts.fragment and target in pages and "live" not in target.parts:
            if unquote(parts.fragment) not in pages[target].names:
                broken.append(f"{path.relative_to(book)}: {link}: no such name")
print(f"{count} links of {len(pages)} pages")
if broken:
    sys.exit("\n".join(broken))
