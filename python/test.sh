#!/usr/bin/env bash
# Builds the wheel from the build of the workspace, installs it into an environment of
# its own under target/, and tests it there. With MASSIVE_TEST_TRANSFORMERS=1 training
# and exports with PyTorch are tested too, which takes several gigabytes.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=target/python-tests
wanted=(python/requirements-test.txt ${MASSIVE_TEST_TRANSFORMERS:+python/requirements-transformers.txt})
if ! cat "${wanted[@]}" | cmp -s - "$environment/requirements"; then
    python3 -m venv --clear "$environment"
    # uv fetches side by side, and keeps what it fetched for the next environment.
    "$environment/bin/python" -m pip install --quiet uv
    "$environment/bin/uv" pip install --quiet --python "$environment/bin/python" "${wanted[@]/#/--requirement=}" ||
        "$environment/bin/python" -m pip install --quiet "${wanted[@]/#/--requirement=}"
    cat "${wanted[@]}" >"$environment/requirements"
fi
PATH="$PWD/$environment/bin:$PATH"
# Large libraries are compiled once, not in each process; nothing is asked of a hub.
unset PYTHONDONTWRITEBYTECODE
export HF_HUB_OFFLINE=1

CARGO="$PWD/python/workspace-cargo" maturin build --quiet --profile dev \
    --manifest-path python/Cargo.toml --out target/wheels --interpreter python
python -m pip install --quiet --force-reinstall --no-deps target/wheels/massive_nlu-*.whl
(cd python && mypy --config-file pyproject.toml)
# Pyright as a package that brings its own node; the libraries are not looked into.
bare=$(python -c 'import sys; print(sys._base_executable)')
(cd python && basedpyright --project pyproject.toml --pythonpath "$bare")
# Outside of the folder whose package is not built.
cd target && python -X dev -m pytest -c ../python/pyproject.toml --rootdir ../python --quiet ../python/tests "$@"
