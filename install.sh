#!/bin/sh
# Installs a released binary of massive, after its digest was checked:
#
#     sh install.sh [VERSION]
#
# MASSIVE_RELEASES is the address under which releases lie (a folder for each, such
# as v0.2.0, with SHA256SUMS in it), MASSIVE_BIN the folder to install to; by
# default that is ~/.local/bin.
set -eu

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

releases=${MASSIVE_RELEASES:-}
[ -n "$releases" ] || fail "set MASSIVE_RELEASES to the address of the releases, such as https://github.com/OWNER/massive/releases/download"
version=${1:-0.2.0}
version=${version#v}
bin=${MASSIVE_BIN:-"${HOME:?}/.local/bin"}

case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no binary for $(uname -m): build it with cargo install massive-nlu" ;;
esac
case $(uname -s) in
    Darwin) target=$machine-apple-darwin ;;
    Linux)
        # The static binary runs where glibc is older than 2.28, or is not there.
        target=$machine-unknown-linux-musl
        glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d ' ' -f 2) || glibc=
        major=${glibc%%.*}
        minor=${glibc#*.}
        minor=${minor%%.*}
        if [ -n "$glibc" ] && { [ "$major" -gt 2 ] || [ "$minor" -ge 28 ]; }; then
            target=$machine-unknown-linux-gnu
        fi
        ;;
    *) fail "there is no binary for $(uname -s) here: on Windows unpack the zip file of the release" ;;
esac
target=${MASSIVE_TARGET:-$target}

get() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location "$1" --output "$2"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet "$1" --output-document "$2"
    else
        fail "neither curl nor wget is here"
    fi
}

digest() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    else
        fail "neither sha256sum nor shasum is here: the file could not be checked"
    fi
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
name=massive-$version-$target
archive=$name.tar.gz
get "$releases/v$version/SHA256SUMS" "$folder/SHA256SUMS" || fail "there is no release $version under $releases"
expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$folder/SHA256SUMS")
[ -n "$expected" ] || fail "SHA256SUMS of $version does not name $archive"
get "$releases/v$version/$archive" "$folder/$archive" || fail "$archive cannot be had"
found=$(digest "$folder/$archive")
[ "$found" = "$expected" ] ||
    fail "$archive is not what was released: its SHA-256 is $found, expected $expected. Nothing was installed"

tar -xzf "$folder/$archive" -C "$folder"
mkdir -p "$bin"
# Beside its place and then into it, so that no half of a file is ever there.
cp "$folder/$name/massive" "$bin/.massive-new"
chmod 755 "$bin/.massive-new"
mv -f "$bin/.massive-new" "$bin/massive"
echo "massive $version is in $bin"
case :$PATH: in
    *":$bin:"*) ;;
    *) echo "add $bin to PATH to call it by name" ;;
esac
