#!/usr/bin/env bash
# Makes the pictures of the README from the demo's data:
#
#     docs/images/make.sh
#
# It needs Python and Chromium (by the name that CHROMIUM gives, by default
# chromium), and a font for each script that the pictures show (Noto has them).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
massive() { cargo run --quiet --package massive-nlu -- --quiet "$@"; }

driver=target/browser-driver
[ -x "$driver/bin/playwright" ] || {
    python3 -m venv --clear "$driver"
    "$driver/bin/pip" install --quiet playwright==1.65.2
}

massive demo --folder "$work" >/dev/null
cp "$work/good.svg" docs/images/scores.svg
massive score "$work/good.jsonl" --corpus "$work/corpus.tar.gz" --color never \
    --locales 'de-DE,ja-JP,sw-KE,*-IN' --group-by family >"$work/table.txt"
massive report "$work/poor.jsonl" --corpus "$work/corpus.tar.gz" \
    --title 'A report on the demo' --output "$work/poor.html"
"$driver/bin/python" docs/images/shoot.py "$(command -v "${CHROMIUM:-chromium}")" "$work" docs/images
