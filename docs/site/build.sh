#!/usr/bin/env bash
# Makes the site of the documentation:
#
#     docs/site/build.sh MASSIVE FOLDER
#
# MASSIVE is the binary whose commands are described; the site is in FOLDER/book. It
# needs Python, and mdBook 0.5 (`cargo install mdbook`); without it FOLDER/src has the
# pages and nothing is drawn. A warning is an error. MASSIVE_REPOSITORY, such as
# https://github.com/OWNER/massive, is where links to sources lead.
set -euo pipefail
massive=$(realpath "${1:?usage: build.sh MASSIVE FOLDER}")
folder=${2:?usage: build.sh MASSIVE FOLDER}
mkdir -p "$folder"
folder=$(realpath "$folder")
cd "$(dirname "$0")/../.."

rm -rf "${folder:?}/src" "${folder:?}/book"
mkdir -p "$folder/src/live"
cp -RL docs/. "$folder/src"
rm -r "$folder/src/site"
cp docs/site/book.toml "$folder/"
cp -RL schemas "$folder/src/schemas"
cp CONTRIBUTING.md CHANGELOG.md SECURITY.md CODE_OF_CONDUCT.md "$folder/src/"

# A report and a board, live.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$massive" demo --quiet --folder "$work" >/dev/null
"$massive" report "$work/poor.jsonl" --corpus "$work/corpus.tar.gz" --quiet \
    --title 'A report on the demo' --output "$folder/src/live/report.html"
for system in good poor; do
    "$massive" leaderboard add "$work/$system.jsonl" --corpus "$work/corpus.tar.gz" --quiet \
        --folder "$work/leaderboard" --name "The demo's $system system" --team massive \
        --family encoder-only --parameters 1M --trained-on-evaluation-rows no >/dev/null
done
"$massive" leaderboard render "$work/leaderboard" --corpus "$work/corpus.tar.gz" --quiet \
    --predictions "$work" --output "$folder/src/live/board" >/dev/null

python3 docs/site/pages.py "$massive" "$folder/src"

if ! command -v mdbook >/dev/null; then
    echo "mdbook is not here: the pages are in $folder/src, and no site was made" >&2
    exit 0
fi
if [[ -n ${MASSIVE_REPOSITORY:-} ]]; then
    export MDBOOK_OUTPUT__HTML__GIT_REPOSITORY_URL=$MASSIVE_REPOSITORY
fi
mdbook build "$folder" 2>&1 | tee "$work/log" >&2
if grep -E 'WARN|ERROR' "$work/log"; then
    exit 1
fi
python3 docs/site/links.py "$folder/book"
