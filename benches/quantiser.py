#!/usr/bin/env python3
"""Quantises a model with ONNX Runtime's own quantiser.

usage: quantiser.py MODEL OUTPUT

Dynamic int8 of matrices, a scale a column; heads stay as they are, and tables of
embeddings become int8 as well, as with `massive model compress --weights int8`. Needs
onnx and onnxruntime.
"""

import shutil
import sys
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


def heads(graph):
    """The names of nodes whose product is an output, at most an addition away."""
    outputs = {output.name for output in graph.output}
    for node in graph.node:
        if node.op_type == "Add" and outputs & set(node.output):
            outputs |= set(node.input)
    return [node.name for node in graph.node if outputs & set(node.output)]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, output = map(Path, sys.argv[1:])
    output.mkdir(parents=True)
    for path in model.iterdir():
        if path.is_file() and not path.name.startswith("model"):
            shutil.copy(path, output / path.name)
            (output / path.name).chmod(0o644)
    quantize_dynamic(
        model / "model.onnx",
        output / "model.onnx",
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        nodes_to_exclude=heads(onnx.load(model / "model.onnx").graph),
    )


main()
