#!/usr/bin/env bash
# Builds the wheel from the build of the workspace, installs it into an environment of
# its own under target/, and tests it there.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=target/python-tests
if ! cmp -s python/requirements-test.txt "$environment/requirements"; then
    python3 -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet -r python/requirements-test.txt
    cp python/requirements-test.txt "$environment/requirements"
fi
PATH="$PWD/$environment/bin:$PATH"

CARGO="$PWD/python/workspace-cargo" maturin build --quiet --profile dev \
    --manifest-path python/Cargo.toml --out target/wheels --interpreter python
python -m pip install --quiet --force-reinstall --no-deps target/wheels/massive_nlu-*.whl
(cd python && mypy --config-file pyproject.toml)
# Outside of the folder whose package is not built.
cd target && python -X dev -m pytest -c ../python/pyproject.toml --rootdir ../python --quiet ../python/tests "$@"
