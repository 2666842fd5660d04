"""Writes the pages of the site that are made from the binary: one for each command,
and one with every field of every document. Links that lead out of docs/ in the
repository are turned to where the site has them, and else to the repository, if
MASSIVE_REPOSITORY is its address.

    python3 docs/site/pages.py MASSIVE SRC
"""

import json
import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

massive, src = sys.argv[1], Path(sys.argv[2])
repository = os.environ.get("MASSIVE_REPOSITORY", "").rstrip("/")

# Pages that lie beside docs/, and belong to the site.
ROOT_PAGES = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md")


def printed(*words: str) -> str:
    """What a command prints, as wide as the site's column of text."""
    run = subprocess.run(
        [massive, *words], capture_output=True, text=True, check=True, env={"COLUMNS": "84"}
    )
    return run.stdout


def commands(*words: str) -> list[tuple[tuple[str, ...], str]]:
    """A command, its help, and those of the commands below it."""
    text = printed(*words, "--help")
    found = [(words, text)]
    below = re.search(r"^Commands:\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    if below:
        for name in re.findall(r"^  ([a-z][a-z0-9-]*) ", below[1] + " ", re.MULTILINE):
            if name != "help":
                found += commands(*words, name)
    return found


def command_pages() -> list[str]:
    """Writes the pages of the commands and gives their lines of the table."""
    folder = src / "reference" / "cli"
    folder.mkdir(parents=True)
    lines = ["# Commands", ""]
    for words, text in commands():
        name = " ".join(["massive", *words])
        page = "-".join(["massive", *words]) + ".md"
        what, _, usage = text.partition("\nUsage:")
        usage, examples = without_examples("Usage:" + usage), examples_of(words)
        body = f"# {name}\n\n{' '.join(what.split())}\n\n```text\n{usage.strip()}\n```\n"
        if examples:
            body += f"\n## Examples\n\n```sh\n{examples}\n```\n"
        (folder / page).write_text(body)
        indent = "  " * max(len(words) - 1, 0)
        lines.append(f"{indent}- [{name}](reference/cli/{page})")
    return lines


def without_examples(text: str) -> str:
    return re.sub(r"^Examples?:\n(?:  .*\n?|\n)+", "", text, flags=re.MULTILINE)


def examples_of(words: tuple[str, ...]) -> str:
    """The examples of a command's manual page: those of its help are broken to its width."""
    found = re.search(r'^\.SH EXAMPLES\n\.nf\n(.*?)^\.fi', printed("man", *words), re.DOTALL | re.MULTILINE)
    text = found[1].strip() if found else ""
    return text.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


def kind(schema: dict) -> str:
    """What a field holds, in words."""
    if "$ref" in schema:
        return f"[{schema['$ref'].rsplit('/', 1)[-1]}]"
    if "const" in schema:
        return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
    if "enum" in schema:
        values = [json.dumps(value, ensure_ascii=False) for value in schema["enum"]]
        shown = values[:12] + (["…"] if len(values) > 12 else [])
        return "one of " + ", ".join(f"`{value}`" for value in shown)
    for any_of in ("oneOf", "anyOf"):
        if any_of in schema:
            return " or ".join(kind(one) for one in schema[any_of])
    of = schema.get("type", "anything")
    if of == "array" and isinstance(schema.get("items"), dict):
        return f"list of {kind(schema['items'])}"
    return " or ".join(of) if isinstance(of, list) else of


def fields(schema: dict, before: str = "") -> list[tuple[str, str, str]]:
    """The fields of an object and of those in it: name, kind, meaning."""
    rows = []
    required = schema.get("required", [])
    below = dict(schema.get("properties", {}))
    if isinstance(schema.get("additionalProperties"), dict):
        below["*"] = schema["additionalProperties"]
    for name, one in below.items():
        if not isinstance(one, dict):
            continue
        needed = "" if name in required or name == "*" else " (may be absent)"
        rows.append((before + name, kind(one) + needed, one.get("description", "")))
        rows += fields(one, f"{before}{name}.")
        if isinstance(one.get("items"), dict):
            rows += fields(one["items"], f"{before}{name}[].")
    return rows


def table(schema: dict) -> str:
    rows = fields(schema)
    if not rows:
        return f"{kind(schema)}\n"
    cell = lambda text: text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
    lines = [f"| `{name}` | {cell(of)} | {cell(what)} |" for name, of, what in rows]
    return "\n".join(["| field | holds | meaning |", "|:--|:--|:--|", *lines]) + "\n"


def schema_page() -> None:
    """Writes the page of all documents."""
    parts = ["# Documents, field by field\n\n`massive schema NAME` prints the schema itself.\n"]
    for file in sorted((src / "schemas").glob("*.schema.json")):
        name = file.name.removesuffix(".schema.json")
        schema = json.loads(file.read_text())
        parts.append(
            f"## {name}\n\n**{schema.get('title', name)}.** {schema.get('description', '')} "
            f"([schema](../schemas/{file.name}))\n\n{table(schema)}"
        )
        for of, definition in schema.get("$defs", {}).items():
            if isinstance(definition, dict):
                what = definition.get("description", "")
                parts.append(f"**{of}** (in {name}): {what}\n\n{table(definition)}")
    (src / "reference" / "schemas.md").write_text("\n".join(parts))


def turned(target: str, page: str) -> str | None:
    """Where a link of a page leads on the site; the page is named as in the repository.
    Nothing if the site does not have it and the repository's address is not known."""
    path, mark, name = target.partition("#")
    if not path or "://" in target or target.startswith("mailto:"):
        return target
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if path == "docs" or path == "schemas":
        there = {"docs": "README.md", "schemas": "reference/schemas.md"}[path]
    else:
        there = path.removeprefix("docs/")
    if (src / there).is_dir():
        there += "/README.md"
    if path in ROOT_PAGES or path.startswith(("docs", "schemas")) and (src / there).is_file():
        start = posixpath.dirname(page.removeprefix("docs/"))
        there = re.sub(r"(^|/)README\.md$", r"\1index.md", there)
        return posixpath.relpath(there, start or ".") + mark + name
    return f"{repository}/blob/main/{path}{mark}{name}" if repository else None


def turn_links(page: Path) -> None:
    """Makes the links of a page those of the site."""
    name = page.relative_to(src).as_posix()
    origin = name if name in ROOT_PAGES else f"docs/{name}"

    def link(found: re.Match[str]) -> str:
        if found[0].startswith(("`", "~")):
            return found[0]
        target, words = turned(found[3], origin), found[2]
        # A page is named by its file in the repository, and by its heading here.
        if words == found[3] and (page.parent / words).is_file():
            words = (page.parent / words).read_text().partition("\n")[0].removeprefix("# ")
        # The words alone, where there is nothing to lead to.
        return words if target is None else f"{found[1]}[{words}]({target})"

    code_or_link = r"```.*?^\s*```|`(?!``)[^`\n]+`(?!\])|(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)"
    page.write_text(re.sub(code_or_link, link, page.read_text(), flags=re.DOTALL | re.MULTILINE))


LIVE = """# Live pages

Both are made of the data of `massive demo` by the commands below, when this site is made. Each is one file, or a folder, that needs no server.

- [A report](live/report.html): two systems, with a browser of what they get wrong.
- [A leaderboard](live/board/index.html): the same systems, ranked; see its data, and how a row was made.

```sh
massive demo --folder demo
massive report demo/poor.jsonl --corpus demo/corpus.tar.gz --output report.html
massive leaderboard add demo/good.jsonl --corpus demo/corpus.tar.gz --folder board --name 'The good one' \\
    --team massive --family encoder-only --parameters 1M --trained-on-evaluation-rows no
massive leaderboard render board --predictions demo --corpus demo/corpus.tar.gz --output site
```
"""

(src / "live.md").write_text(LIVE)
table_of_contents = src / "SUMMARY.md"
reference = command_pages()
schema_page()
contents = table_of_contents.read_text()
for heading in ("# Start\n", "# Design\n", "# Work on it\n"):
    if heading not in contents:
        sys.exit(f"docs/SUMMARY.md has no line {heading.strip()!r}")
contents = contents.replace("# Start\n", "[Live pages](live.md)\n\n# Start\n")
documents = "- [Documents, field by field](reference/schemas.md)\n\n"
contents = contents.replace("\n# Design\n", documents + "\n".join(reference) + "\n\n# Design\n")
contents += """- [Before a change lands](CONTRIBUTING.md)
- [Security](SECURITY.md)
- [How we treat each other](CODE_OF_CONDUCT.md)
- [Changelog](CHANGELOG.md)
"""
table_of_contents.write_text(contents)
front = src / "README.md"
front.write_text(
    front.read_text()
    + "\nWhat it makes, live: [a report](live/report.html), [a leaderboard](live/board/index.html)"
    " ([how](live.md)).\n"
)
for page in src.rglob("*.md"):
    turn_links(page)
for page in list(src.rglob("README.md")):
    page.rename(page.with_name("index.md"))
