"""That a graph gives the logits of the model it was made from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from .exceptions import CheckError, MassiveError

#: Tensors by the names of a graph's outputs.
Outputs: TypeAlias = Mapping[str, Any]


def session(path: Path) -> Any:
    """A graph in ONNX Runtime."""
    # ONNX Runtime tells nobody what runs.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(running: Any, inputs: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """What a graph gives."""
    taken = {port.name for port in running.get_inputs()}
    given = {name: tensor.numpy() for name, tensor in inputs.items() if name in taken}
    return dict(zip(names, running.run(names, given)))


def compare(path: Path, inputs: Mapping[str, Any], expected: Outputs, tolerance: float, rows: Any = None) -> None:
    """Runs a graph and holds what it gives against the model's.

    ``rows`` says which positions count, of outputs with a row a position.
    """
    found = run(session(path), inputs, list(expected))
    for name, tensor in expected.items():
        numbers = tensor.detach().numpy()
        if found[name].shape != numbers.shape:
            raise CheckError(f"{name}: the graph gives the shape {found[name].shape}, the model {numbers.shape}")
        difference = abs(found[name] - numbers)
        if rows is not None and difference.ndim == 3:
            difference = difference[rows.numpy()]
        worst = float(difference.max(initial=0.0))
        if not worst <= tolerance:
            raise CheckError(f"{name}: the graph's numbers differ from the model's by up to {worst:.2g}, more than {tolerance:g}")


def predicts(path: Path) -> None:
    """Loads a folder as those will who predict with it, and asks it something."""
    from ._predictor import Predictor

    try:
        Predictor(path, engine="builtin", threads=1).predict(["wake me up at five am"], locale="en-US")
    except MassiveError as error:
        raise CheckError(f"the folder that was made cannot be used: {error}") from error
