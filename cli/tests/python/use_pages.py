"""Uses a report and a leaderboard in headless Chromium as a linguist does.

usage: use_pages.py CHROMIUM REPORT BOARD EXPECTED

REPORT lists right utterances, too. EXPECTED is a JSON file, see `pages.rs`.
"""

import csv
import io
import json
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

chromium, report, board, expected = sys.argv[1:]
expected = json.loads(Path(expected).read_text(encoding="utf-8"))
REPORT, BOARD = (Path(path).resolve().as_uri() for path in (report, board))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def shown(page):
    """How many utterances the list has."""
    return int(page.locator("#result-count").inner_text().split()[0].replace(",", ""))


def ready(page, address):
    page.goto(address)
    expect(page.locator("#filters")).to_be_visible()


def filters_are_history(page):
    ready(page, REPORT)
    start = shown(page)
    page.select_option("#filter-locale", "de-DE")
    page.wait_for_url("**#locale=de-DE")
    german = shown(page)
    page.select_option("#filter-class", "missed")
    page.wait_for_url("**#locale=de-DE&class=missed")
    both = shown(page)
    assert start > german > both, (start, german, both)
    # The navigation leaves the filter, and the address says it.
    page.locator(".page-nav a[href='#slots']").click()
    page.wait_for_url("**#locale=de-DE&class=missed&section=slots")
    assert shown(page) == both
    page.go_back()
    page.go_back()
    expect(page.locator("#filter-class")).to_have_value("")
    assert shown(page) == german
    page.go_back()
    expect(page.locator("#filter-locale")).to_have_value("")
    assert shown(page) == start
    # A word is one step, however many letters it has.
    page.locator("#filter-q").press_sequentially("weather", delay=20)
    page.wait_for_url("**#q=weather")
    page.go_back()
    expect(page.locator("#filter-q")).to_have_value("")
    assert shown(page) == start


def facets_count(page):
    ready(page, f"{REPORT}#locale=de-DE")
    for key in ("slot", "class", "intent", "predicted"):
        options = page.locator(f"#filter-{key} option").evaluate_all(
            "options => options.slice(1).map(option => [option.value, option.textContent])"
        )
        assert options, key
        counted = [(value, int(text.rsplit("(", 1)[1][:-1])) for value, text in options]
        counted.sort(key=lambda one: -one[1])
        for value, number in counted[:3]:
            page.select_option(f"#filter-{key}", value)
            page.wait_for_function(f"location.hash.includes({json.dumps(key + '=' + value)})")
            assert shown(page) == number, (key, value, number, shown(page))
        page.select_option(f"#filter-{key}", "")


def searches(page):
    ready(page, REPORT)
    one = expected["hidden"]
    for words in (one["word"], one["word"].upper(), one["wide"], one["with_invisible"]):
        page.fill("#filter-q", words)
        page.wait_for_timeout(100)
        ids = page.locator("#results > li").evaluate_all("rows => rows.map(row => row.id)")
        assert one["id"] in ids, (words, ids)
    page.check("[name=marks]")
    expect(page.locator(f"[id='{one['id']}'] .invisible").first).to_have_text("U+200B")
    page.uncheck("[name=marks]")
    expect(page.locator("#results .invisible")).to_have_count(0)
    # Regular expressions.
    page.fill("#filter-q", expected["regex"]["pattern"])
    page.check("[name=regex]")
    page.wait_for_timeout(100)
    assert shown(page) == expected["regex"]["count"], shown(page)
    page.fill("#filter-q", "(")
    expect(page.locator("#result-count")).to_contain_text("no regular expression")


def right_rows(page):
    ready(page, f"{REPORT}#rows=right")
    assert shown(page) == expected["right"], shown(page)
    page.select_option("#filter-rows", "all")
    page.wait_for_url("**#rows=all")
    assert shown(page) == expected["right"] + expected["wrong"]


def takes_the_list_away(page):
    ready(page, f"{REPORT}#locale=de-DE")
    with page.expect_download() as download:
        page.click("#save")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:4] == ["locale", "id", "intent", "utt"], rows[0]
    assert len(rows) == 1 + shown(page) and {row[0] for row in rows[1:]} == {"de-DE"}
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy")
    expect(page.locator("#copied")).to_contain_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert len(copied.splitlines()) == len(rows)


def prints(page):
    ready(page, f"{REPORT}#locale=de-DE")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    number = shown(page)
    note = page.locator("#print-note")
    expect(note).to_be_visible()
    expect(note).to_have_text(
        f"Utterances with locale de-DE: {number} of {number} utterances are printed."
    )
    assert page.locator("#results > li").count() == number
    page.emulate_media(media="screen")


def map_is_reachable(page):
    ready(page, REPORT)
    cells = page.locator("#f1-0 [data-column]")
    stops = cells.evaluate_all("cells => cells.filter(cell => cell.tabIndex === 0).length")
    assert stops == 1, stops
    texts = cells.evaluate_all(
        "cells => cells.map(cell => [cell.querySelector('title').textContent,"
        " cell.querySelector('text').textContent, cell.classList.contains('few')])"
    )
    assert any(label == "–" and "no gold" in title for title, label, _ in texts)
    for title, label, few in texts:
        if label != "–":
            assert few == (int(title.split("n = ")[1].replace(",", "")) < 20), title
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    row, column = page.evaluate(
        "[document.activeElement.parentElement.dataset.row, document.activeElement.dataset.column]"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**#slot=*")
    expect(page.locator("#filter-slot")).to_have_value(row)
    expect(page.locator("#filter-locale")).to_have_value(column)


def wide_tables_say_so(context):
    for width in (390, 1400, 1920):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        for address in (REPORT, BOARD):
            page.goto(address)
            page.wait_for_timeout(300)
            silent = page.evaluate(
                "[...document.querySelectorAll('.scroll')]"
                ".filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)"
                ".filter(box => !box.classList.contains('goes-on')"
                " || box.nextElementSibling.hidden).length"
            )
            assert silent == 0, (address, width)
            if width == 1920:
                for table in ("#slots-0", "#f1-0", "table.board"):
                    for box in page.locator(f".scroll:has({table})").all():
                        assert box.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), table
        page.close()


def board_is_history(page):
    page.goto(BOARD)
    expect(page.locator("#controls")).to_be_visible()
    assert "=" not in page.url
    start = page.locator("#shown").inner_text()
    page.select_option("[name=metric]", "0")
    page.wait_for_url("**#metric=0")
    page.fill("[name=text]", expected["entry"])
    page.wait_for_url("**text=*")
    address, words = page.url, page.locator("#shown").inner_text()
    assert words.startswith("1 of") and words != start, words
    page.go_back()
    expect(page.locator("[name=text]")).to_have_value("")
    page.go_back()
    expect(page.locator("#shown")).to_have_text(start)
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("#shown")).to_have_text(words)
    other.close()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    errors = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    for use in (
        filters_are_history,
        facets_count,
        searches,
        right_rows,
        takes_the_list_away,
        prints,
        map_is_reachable,
        board_is_history,
    ):
        page = context.new_page()
        use(page)
        page.close()
    wide_tables_say_so(context)
    browser.close()
    assert not errors, errors
