"""Audits pages with axe-core in headless Chromium: light, dark, and on a phone.

usage: audit_pages.py CHROMIUM AXE PAGE...

AXE is axe.min.js of axe-core. Prints each thing found; exit code 1 if there is any.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

chromium, axe, *pages = sys.argv[1:]
source = Path(axe).read_text(encoding="utf-8")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]

found = []
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    for address in pages:
        for scheme, width in VIEWS:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(Path(address).resolve().as_uri())
            page.wait_for_function("!document.querySelector('#filters')?.hidden")
            page.evaluate(source)
            result = page.evaluate("axe.run(document)")
            for violation in result["violations"]:
                for node in violation["nodes"][:3]:
                    found.append(
                        f"{Path(address).name}, {scheme}, {width} px: {violation['id']}: "
                        f"{node['html'][:160]}: {node['failureSummary'][:300]}"
                    )
            context.close()
    browser.close()
print("\n".join(found))
sys.exit(1 if found else 0)
