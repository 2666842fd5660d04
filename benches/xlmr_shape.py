#!/usr/bin/env python3
"""Makes a joint model of XLM-R base's shape with random weights: 277 million
parameters, 1.1 GB.

usage: xlmr_shape.py TOKENIZER LABELS OUTPUT

TOKENIZER is XLM-R's tokenizer.json(.gz), LABELS a folder with massive.intents and
massive.slots. What it predicts means nothing; size, memory and speed are those of a
fine-tuned XLM-R base. Needs onnx and numpy.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, WIDTH, HEADS, INNER = 12, 768, 12, 3072
PIECES, POSITIONS, PADDING = 250_002, 514, 1
RANDOM = numpy.random.default_rng(0)


class Graph:
    """Nodes and weights in the making."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name, values):
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def matrix(self, name, *shape):
        values = RANDOM.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)
        return self.weight(name, values)

    def numbers(self, name, values, kind):
        return self.weight(name, numpy.array(values, dtype=kind))

    def add(self, operator, inputs, output, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def linear(self, value, name, inputs, outputs):
        weight = self.matrix(f"{name}.weight", inputs, outputs)
        bias = self.weight(f"{name}.bias", numpy.zeros(outputs, numpy.float32))
        return self.add("Add", [self.add("MatMul", [value, weight], f"{name}/matmul"), bias], name)

    def norm(self, value, name):
        ones = self.weight(f"{name}.weight", numpy.ones(WIDTH, numpy.float32))
        zeros = self.weight(f"{name}.bias", numpy.zeros(WIDTH, numpy.float32))
        return self.add("LayerNormalization", [value, ones, zeros], name, axis=-1, epsilon=1e-5)


def embeddings(graph):
    """Words and positions; padding has the position of its id."""
    words = graph.matrix("embeddings.words", PIECES, WIDTH)
    places = graph.matrix("embeddings.positions", POSITIONS, WIDTH)
    axis = graph.numbers("axis", 1, numpy.int64)
    padding = graph.numbers("padding", [PADDING], numpy.int64)
    count = graph.add("CumSum", ["attention_mask", axis], "positions/count")
    count = graph.add("Mul", [count, "attention_mask"], "positions/masked")
    positions = graph.add("Add", [count, padding], "positions")
    word = graph.add("Gather", [words, "input_ids"], "embeddings/words")
    place = graph.add("Gather", [places, positions], "embeddings/positions")
    return graph.norm(graph.add("Add", [word, place], "embeddings/sum"), "embeddings/norm")


def attention(graph, value, bias, name):
    """Multi-head attention as PyTorch exports it."""
    split = graph.numbers(f"{name}/split", [0, 0, HEADS, WIDTH // HEADS], numpy.int64)
    parts = {}
    for part, order in [("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])]:
        made = graph.linear(value, f"{name}.{part}", WIDTH, WIDTH)
        made = graph.add("Reshape", [made, split], f"{name}.{part}/split")
        parts[part] = graph.add("Transpose", [made], f"{name}.{part}/heads", perm=order)
    scores = graph.add("MatMul", [parts["query"], parts["key"]], f"{name}/products")
    root = graph.numbers(f"{name}/root", (WIDTH // HEADS) ** 0.5, numpy.float32)
    scores = graph.add("Add", [graph.add("Div", [scores, root], f"{name}/scores"), bias], f"{name}/masked")
    shares = graph.add("Softmax", [scores], f"{name}/shares", axis=-1)
    mixed = graph.add("MatMul", [shares, parts["value"]], f"{name}/mixed")
    mixed = graph.add("Transpose", [mixed], f"{name}/mixed_words", perm=[0, 2, 1, 3])
    joined = graph.numbers(f"{name}/joined", [0, 0, WIDTH], numpy.int64)
    mixed = graph.add("Reshape", [mixed, joined], f"{name}/mixed_joined")
    return graph.linear(mixed, f"{name}.output", WIDTH, WIDTH)


def gelu(graph, value, name):
    root = graph.numbers(f"{name}/root", 2**0.5, numpy.float32)
    one = graph.numbers(f"{name}/one", 1.0, numpy.float32)
    half = graph.numbers(f"{name}/half", 0.5, numpy.float32)
    erf = graph.add("Erf", [graph.add("Div", [value, root], f"{name}/scaled")], f"{name}/erf")
    grown = graph.add("Mul", [value, graph.add("Add", [erf, one], f"{name}/above")], f"{name}/grown")
    return graph.add("Mul", [grown, half], name)


def encoder(graph, intents, slots):
    value = embeddings(graph)
    axes = graph.numbers("mask/axes", [1, 2], numpy.int64)
    one = graph.numbers("mask/one", 1.0, numpy.float32)
    least = graph.numbers("mask/least", -10_000.0, numpy.float32)
    mask = graph.add("Unsqueeze", ["attention_mask", axes], "mask/wide")
    mask = graph.add("Cast", [mask], "mask/float", to=TensorProto.FLOAT)
    bias = graph.add("Mul", [graph.add("Sub", [one, mask], "mask/hidden"), least], "mask/bias")
    for layer in range(LAYERS):
        name = f"layers.{layer}"
        seen = attention(graph, value, bias, f"{name}.attention")
        value = graph.norm(graph.add("Add", [seen, value], f"{name}/seen"), f"{name}.attention/norm")
        inner = gelu(graph, graph.linear(value, f"{name}.inner", WIDTH, INNER), f"{name}.inner/gelu")
        outer = graph.linear(inner, f"{name}.outer", INNER, WIDTH)
        value = graph.norm(graph.add("Add", [outer, value], f"{name}/sum"), f"{name}/norm")
    first = graph.numbers("first", 0, numpy.int64)
    start = graph.add("Gather", [value, first], "start", axis=1)
    graph.linear(start, "intent_logits", WIDTH, intents)
    graph.linear(value, "slot_logits", WIDTH, slots)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    tokenizer, labels, output = map(Path, sys.argv[1:])
    output.mkdir(parents=True)
    counts = []
    for name in ["massive.intents", "massive.slots"]:
        shutil.copy(labels / name, output / name)
        counts.append(len(json.loads((labels / name).read_text(encoding="utf-8"))))
    graph = Graph()
    encoder(graph, *counts)
    ids = ["input_ids", "attention_mask"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in ids
    ]
    outputs = [
        helper.make_tensor_value_info("intent_logits", TensorProto.FLOAT, ["batch", counts[0]]),
        helper.make_tensor_value_info(
            "slot_logits", TensorProto.FLOAT, ["batch", "sequence", counts[1]]
        ),
    ]
    whole = helper.make_graph(graph.nodes, "xlmr_shape", inputs, outputs, graph.weights)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, output / "model.onnx")
    opened = gzip.open if tokenizer.suffix == ".gz" else open
    with opened(tokenizer, "rb") as source, open(output / "tokenizer.json", "wb") as target:
        shutil.copyfileobj(source, target)
    config = {
        "architectures": ["XLMRIntentClassSlotFill"],
        "hidden_size": WIDTH,
        "max_position_embeddings": POSITIONS,
        "model_type": "xlm-roberta",
        "num_hidden_layers": LAYERS,
        "pad_token_id": PADDING,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "vocab_size": PIECES,
    }
    (output / "config.json").write_text(json.dumps(config), encoding="utf-8")


main()
