# What `.ci/run` does, piece by piece: `just` lists the pieces. Nothing here is needed
# to work on the repository; each recipe is a command that can be typed as well.

set shell := ["bash", "-euo", "pipefail", "-c"]

# The list of recipes
default:
    @just --list --unsorted

# Formatting, as CI wants it
fmt:
    cargo fmt --all

# Lints, as errors
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests, or those whose names hold a word: `just test wilson`
test *words:
    cargo test --workspace --locked -- {{ words }}

# End-to-end tests whose names hold a word: `just commands compare`
commands *words:
    cargo test --workspace --locked --test integration -- {{ words }}

# Rewrite the snapshots of what a user sees; read the diff afterwards
snapshots:
    INSTA_UPDATE=always cargo test --workspace --locked --test integration || true
    git diff --stat -- '*.snap'

# Simulations of systems whose truth is known (minutes)
coverage:
    cargo test --workspace --locked --test coverage -- --ignored

# The crates' documentation, without a warning
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

# Licences, sources and versions of dependencies
deny:
    cargo deny --locked check licenses bans sources

# What a registry would get
package:
    cargo package --workspace --locked --offline --allow-dirty --no-verify

# The Python package: its wheel, its types, its tests
python:
    python/test.sh

# A binary and a wheel in a bare Debian root (needs root and debootstrap)
bare binary="target/release/massive" wheel="":
    .ci/bare target/bare {{ binary }} {{ wheel }}

# The documentation as a site, in target/site/book (needs mdbook)
site:
    cargo build --locked
    docs/site/build.sh target/debug/massive target/site

# Random changes to every kind of file: `just mutations 100000`
mutations count="2000":
    MASSIVE_MUTATIONS={{ count }} cargo test --workspace --locked --test integration mutations

# The pictures of the README and the documentation
images:
    docs/images/make.sh

# The workflows (needs actionlint)
workflows:
    actionlint

# All of it, as CI does
ci:
    .ci/run
