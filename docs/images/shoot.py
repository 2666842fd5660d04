"""Takes the pictures for make.sh: shoot.py CHROMIUM FOLDER PICTURES"""

import html
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

chromium, folder, pictures = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])

TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: #fff; color: #1b1f24; width: max-content }
pre { margin: 0; padding: 1.25rem 1.5rem; font: 14px/1.45 "Noto Sans Mono", "DejaVu Sans Mono", monospace }
</style><pre>$ massive score good.jsonl --corpus corpus.tar.gz --group-by family

%s</pre>"""


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(
            viewport={"width": 1200, "height": 860}, device_scale_factor=1.5, color_scheme="light"
        )
        page = context.new_page()
        table = (folder / "table.txt").read_text(encoding="utf-8")
        # The signature is wider than all else.
        lines = table.rstrip().splitlines()[:-1]
        page.set_content(TERMINAL % html.escape("\n".join(lines)))
        page.locator("pre").screenshot(path=pictures / "table.png")

        report = (folder / "poor.html").as_uri()
        page.goto(report)
        page.locator("#filters").wait_for()
        page.screenshot(path=pictures / "report.png")
        page.goto(f"{report}#locale=ur-PK")
        page.reload()
        page.locator("#results > li").first.wait_for()
        page.screenshot(path=pictures / "utterances.png")
        browser.close()


main()
