#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version:
#
#     .github/release-notes.sh 0.2.0
set -euo pipefail
version=${1:?usage: release-notes.sh VERSION}
notes=$(awk -v version="$version" '
    /^## / { inside = ($2 == version); next }
    inside { print }
' "$(dirname "$0")/../CHANGELOG.md")
[[ -n ${notes//[[:space:]]/} ]] || {
    echo "CHANGELOG.md says nothing of $version: it needs a section \"## $version\"" >&2
    exit 1
}
printf '%s\n' "$notes"
