"""Writes the pages of the site that are made from the binary: one for each command,
and one with every field of every document. Links that lead out of docs/ in the
repository are turned to where the site has them.

    python3 docs/site/pages.py MASSIVE SRC
"""

import json
import re
import subprocess
import sys
from pathlib import Path

massive, src = sys.argv[1], Path(sys.argv[2])


def printed(*words: str) -> str:
    """What a command prints, 80 columns wide."""
    run = subprocess.run(
        [massive, *words], capture_output=True, text=True, check=True, env={"COLUMNS": "90"}
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
        usage, examples = split_examples("Usage:" + usage)
        body = f"# {name}\n\n{' '.join(what.split())}\n\n```text\n{usage.strip()}\n```\n"
        if examples:
            body += f"\n## Examples\n\n```sh\n{examples}\n```\n"
        (folder / page).write_text(body)
        indent = "  " * max(len(words) - 1, 0)
        lines.append(f"{indent}- [{name}](reference/cli/{page})")
    return lines


def split_examples(text: str) -> tuple[str, str]:
    """The help without its examples, and the examples."""
    found = re.search(r"^Examples?:\n((?:  .*\n?|\n)+)", text, re.MULTILINE)
    if not found:
        return text, ""
    examples = "\n".join(line[2:] for line in found[1].rstrip().splitlines())
    return text[: found.start()] + text[found.end() :], examples


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


def turn_links(page: Path) -> None:
    """Links out of docs/ lead to where the site has the same."""
    text = page.read_text()
    depth = len(page.relative_to(src).parts) - 1
    up, root = "../" * (depth + 1), "../" * depth
    text = text.replace(f"]({up}schemas)", f"]({root}reference/schemas.md)")
    text = text.replace(f"]({up}schemas/", f"]({root}schemas/")
    for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY", "CODE_OF_CONDUCT"):
        text = text.replace(f"]({up}{name}.md", f"]({root}{name}.md")
    if depth == 0:
        text = text.replace("](docs/README.md)", "](README.md)").replace("](docs/", "](")
    page.write_text(text)


table_of_contents = src / "SUMMARY.md"
reference = command_pages()
schema_page()
contents = table_of_contents.read_text()
for heading in ("# Design\n", "# Work on it\n"):
    if heading not in contents:
        sys.exit(f"docs/SUMMARY.md has no line {heading.strip()!r}")
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
    + "\nLive, from the demo: [a report](live/report.html), [a board](live/board/index.html).\n"
)
for page in src.rglob("*.md"):
    turn_links(page)
