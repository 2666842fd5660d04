#!/usr/bin/env bash
# Makes the pictures of the README from the demo's data:
#
#     docs/images/make.sh
#
# It needs Chromium, by the name that CHROMIUM gives (default: chromium), and a
# font for each script that the pictures show (Noto has them).
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
massive() { cargo run --quiet --package massive -- --quiet "$@"; }

# shot PAGE PICTURE WIDTH HEIGHT: what a window of this size shows of a page.
shot() {
    "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --hide-scrollbars --force-device-scale-factor=1.5 --user-data-dir="$work/profile" \
        --virtual-time-budget=10000 --window-size="$3,$4" \
        --screenshot="$PWD/docs/images/$2" "file://$1" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

massive demo --folder "$work/demo" >"$work/score.txt"
cp "$work/demo/good.svg" docs/images/scores.svg

{
    echo '<!DOCTYPE html><meta charset="utf-8"><style>'
    echo 'body{margin:0;padding:20px 24px;background:#fff;color:#1b1f24}'
    echo 'pre{margin:0;font:13px/1.45 "Noto Sans Mono","DejaVu Sans Mono",monospace}</style><pre>'
    massive score "$work/demo/good.jsonl" --corpus "$work/demo/corpus.tar.gz" \
        --locales '*-IN,de-DE,am-ET,ja-JP,sw-KE,ur-PK' --group-by family --color never |
        sed 's/&/\&amp;/g; s/</\&lt;/g'
    echo '</pre>'
} >"$work/table.html"
shot "$work/table.html" table.png 780 500

shot "$work/demo/report.html#locale=ur-PK" report.png 1200 900
