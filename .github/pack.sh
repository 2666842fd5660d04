#!/usr/bin/env bash
# Packs the binary that was built for a target, with its manual pages, completions,
# licence and pages to read, into target/packed:
#
#     .github/pack.sh 0.2.0 x86_64-unknown-linux-musl
#
# MASSIVE_BINARY names the binary where it lies elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: pack.sh VERSION TARGET}
target=${2:?usage: pack.sh VERSION TARGET}

suffix=
[[ $target != *windows* ]] || suffix=.exe
binary=${MASSIVE_BINARY:-target/$target/dist/massive$suffix}
name=massive-$version-$target
packed=target/packed
rm -rf "${packed:?}/$name"
mkdir -p "$packed/$name/completions"

cp "$binary" "$packed/$name/massive$suffix"
cp LICENSE README.md CHANGELOG.md "$packed/$name/"
"$binary" man --quiet --output-dir "$packed/$name/man"
for shell in bash elvish fish powershell zsh; do
    "$binary" completions "$shell" >"$packed/$name/completions/massive.$shell"
done

cd "$packed"
if [[ $target == *windows* ]]; then
    7z a -bso0 "$name.zip" "$name"
else
    tar -czf "$name.tar.gz" "$name"
fi
rm -rf "$name"
