"""Reads a report in headless Chromium as its readers do.

usage: read_report.py CHROMIUM REPORT EXPECTED FOLDER

EXPECTED is a JSON file that says what the report must show; see `report.rs`.
Screenshots go to FOLDER.
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

chromium, report, expected, folder = sys.argv[1:]
expected = json.loads(Path(expected).read_text(encoding="utf-8"))
address = Path(report).resolve().as_uri()
folder = Path(folder)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def column(page, table, index):
    return page.locator(f"{table} tbody tr").evaluate_all(
        "(rows, index) => rows.map((row) => row.cells[index].textContent.trim())", index
    )


def sorts_the_table(page):
    heading = page.locator("#locales-0 thead th").last
    index = page.locator("#locales-0 thead th").count() - 1
    assert heading.get_attribute("aria-sort") is None
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    first = column(page, "#locales-0", 0)
    assert first[0] in expected["best"] and first[-1] in expected["worst"], first
    # Again, by keyboard.
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, "#locales-0", 0)[0] in expected["worst"]
    status = page.locator("#locales [role=status]").first
    expect(status).to_have_text("Sorted by exact match, ascending")
    values = [float(text.split()[0]) for text in column(page, "#locales-0", index)]
    assert values == sorted(values)
    # By name, from A to Z.
    page.locator("#locales-0 thead th").first.get_by_role("button").click()
    names = column(page, "#locales-0", 0)
    assert names == sorted(names) and len(names) == expected["locales"]


def filters(page):
    expect(page.locator("#filters")).to_be_visible()
    page.select_option("#filter-locale", expected["locale"])
    page.select_option("#filter-slot", expected["slot"])
    count = expected["count"]
    noun = "utterance" if count == 1 else "utterances"
    expect(page.locator("#result-count")).to_have_text(f"{count:,} {noun}")
    cards = page.locator("#results > li")
    assert cards.count() == min(count, 25), cards.count()
    for card in cards.all():
        assert card.get_attribute("id").startswith(expected["locale"] + "-")
        assert expected["slot"] in card.inner_text()
    if count > 25:
        page.locator("#more").click()
        assert cards.count() == min(count, 50)
    # The filter stands in the address, which leads to the same again.
    again = page.context.new_page()
    again.goto(page.url)
    expect(again.locator("#result-count")).to_have_text(f"{count:,} {noun}")
    assert again.input_value("#filter-slot") == expected["slot"]
    again.close()


def follows_a_link(page):
    one = expected["utterance"]
    link = page.locator(f"#results a[href='#{one['id']}']")
    while not link.count():
        page.locator("#more").click()
    link.click()
    shows_one(page, one)
    # Who is sent the link sees the same.
    other = page.context.new_page()
    other.goto(f"{address}#{one['id']}")
    shows_one(other, one)
    other.screenshot(path=folder / "utterance.png")
    other.close()


def shows_one(page, one):
    cards = page.locator("#results > li")
    expect(cards).to_have_count(1)
    expect(cards.first).to_have_id(one["id"])
    expect(cards.first).to_be_focused()
    expect(cards.first).to_be_in_viewport()
    lines = cards.first.locator("dd")
    gold, predicted = lines.nth(0), lines.nth(1)
    for line, slots in ((gold, one["gold"]), (predicted, one["predicted"])):
        assert line.get_attribute("lang") == expected["locale"]
        assert line.get_attribute("dir") == one["dir"]
        assert line.evaluate("line => getComputedStyle(line).direction") == one["dir"]
        # The text without its tags is the utterance, whole and in its order.
        text = line.evaluate(
            "line => { const copy = line.cloneNode(true);"
            " for (const tag of copy.querySelectorAll('.tag')) tag.remove();"
            " return copy.textContent; }"
        )
        assert text == one["utt"], (text, one["utt"])
        shown = line.locator("mark").evaluate_all(
            "marks => marks.map(mark => [mark.firstChild.textContent, mark.classList[1],"
            " mark.querySelector('.tag').firstChild.textContent.split(' ').pop()])"
        )
        assert shown == slots, (shown, slots)
    if one["english"]:
        expect(cards.first.locator("dd.english")).to_have_text(one["english"])


def opens_cells(page):
    if expected["locales"] > 1:
        page.goto(address)
        square = page.locator(
            f"#f1-0 [data-row='{expected['slot']}'] [data-column='{expected['locale']}']"
        )
        square.click()
        assert page.input_value("#filter-locale") == expected["locale"]
        assert page.input_value("#filter-slot") == expected["slot"]
    page.goto(f"{address}#{expected['locale']}-999999")
    expect(page.locator("#result-count")).to_contain_text("is not among")


def is_accessible(page):
    """What can be checked without a reader."""
    problems = page.evaluate(
        """() => {
          const problems = [];
          const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
          for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push('twice: ' + id);
          for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
            for (const name of ['aria-labelledby', 'aria-describedby'])
              for (const id of (element.getAttribute(name) ?? '').split(' ').filter(Boolean))
                if (!document.getElementById(id)) problems.push('no label: ' + id);
          for (const field of document.querySelectorAll('select, input'))
            if (!field.labels.length) problems.push('no label: ' + field.id);
          for (const table of document.querySelectorAll('table')) {
            if (!table.caption) problems.push('no caption: ' + table.id);
            if (table.querySelector('th:not([scope])')) problems.push('no scope: ' + table.id);
          }
          for (const name of ['header', 'nav', 'main', 'footer'])
            if (document.querySelectorAll('body > ' + name).length !== 1) problems.push('landmark: ' + name);
          if (document.querySelectorAll('h1').length !== 1) problems.push('h1');
          for (const link of document.querySelectorAll('nav a'))
            if (!document.querySelector(link.hash)) problems.push('dead link: ' + link.hash);
          const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
          if (wide > 0) problems.push('the page is ' + wide + ' pixels too wide');
          return problems;
        }"""
    )
    assert not problems, problems


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        requests, errors = [], []
        for name, width, scheme in [
            ("desktop", 1280, "light"),
            ("desktop", 1280, "dark"),
            ("phone", 390, "light"),
            ("phone", 390, "dark"),
        ]:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            context.on("request", lambda request: requests.append(request.url))
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda message: errors.append(message.text))
            page.on("dialog", lambda dialog: (errors.append("a dialog"), dialog.dismiss()))
            page.goto(address)
            expect(page.locator("#filters")).to_be_visible()
            is_accessible(page)
            page.screenshot(path=folder / f"{name}-{scheme}.png")
            if (name, scheme) in (("desktop", "light"), ("phone", "dark")):
                sorts_the_table(page)
                filters(page)
                page.screenshot(path=folder / f"{name}-{scheme}-filtered.png")
                follows_a_link(page)
                opens_cells(page)
            context.close()
        # Without scripts tables and plots are there, and the page says what is not.
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(address)
        assert page.locator("#locales-0 tbody tr").count() == expected["locales"]
        expect(page.locator("#metrics")).to_be_visible()
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        browser.close()
        assert not errors, errors
        assert all(url.startswith("file:") for url in requests), requests


main()
