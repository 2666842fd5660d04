"""Text-to-text generation: `massive predict` against `generate` of transformers
(torch) and of Optimum (ONNX Runtime).

usage: text_to_text.py MASSIVE MODEL DATA [UTTERANCES] [RUNS]

MASSIVE is the binary, MODEL a folder in Optimum's layout, DATA a file of the
corpus such as en-US.jsonl. The weights for
torch are taken out of the graphs. All runs use one thread, batches of 64 and at most 63 new ids. `generate` gets batches in the order of the file, as the reference
does, and sorted by length. Needs optimum-onnx and a library of ONNX Runtime that
`massive` finds; versions are printed. Only ratios within one run are claims.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import onnx
import onnxruntime
import torch
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from tokenizers import Tokenizer
from transformers import MT5Config, MT5ForConditionalGeneration

BATCH, LIMIT = 64, 63
PROMPT = "Annotate:"


def weights(graph, prefix):
    """The weights of a graph under the names that they have in torch."""
    graph = onnx.load(graph).graph
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    named = {name: array for name, array in stored.items() if name.endswith("weight")}
    for node in graph.node:
        # Transposed, and without a name of its own: the node has the module's.
        if node.op_type == "MatMul" and node.input[1] in stored:
            module = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            named[f"{module}.weight"] = stored[node.input[1]].T
    shared = ("shared.", "decoder.", "lm_head.")
    return {
        name if name.startswith(shared) else prefix + name: torch.tensor(array.copy())
        for name, array in named.items()
    }


def torch_model(folder):
    state = weights(Path(folder) / "decoder_model.onnx", "")
    state |= weights(Path(folder) / "encoder_model.onnx", "encoder.")
    state["decoder.embed_tokens.weight"] = state["shared.weight"]
    model = MT5ForConditionalGeneration(MT5Config.from_pretrained(folder))
    model.load_state_dict(state)
    return model.eval()


def peers(model):
    """What generates with the model: torch, and Optimum with the merged decoder."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    torch.set_num_threads(1)
    yield "transformers", torch_model(model)
    load = ORTModelForSeq2SeqLM.from_pretrained
    yield "optimum", load(model, use_merged=True, session_options=options)


def generate(model, tokenizer, texts, beams, by_length):
    """Seconds and outputs, tokenisation included."""
    start = time.perf_counter()
    ids = [tokenizer.encode([PROMPT, *words], is_pretokenized=True).ids for words in texts]
    order = sorted(range(len(ids)), key=lambda at: len(ids[at])) if by_length else range(len(ids))
    order, outputs = list(order), [None] * len(ids)
    for first in range(0, len(order), BATCH):
        places = order[first : first + BATCH]
        width = max(len(ids[at]) for at in places)
        batch = torch.tensor([ids[at] + [0] * (width - len(ids[at])) for at in places])
        mask = torch.tensor([[1] * len(ids[at]) + [0] * (width - len(ids[at])) for at in places])
        written = model.generate(
            input_ids=batch, attention_mask=mask, num_beams=beams, max_new_tokens=LIMIT
        )
        for at, row in zip(places, written.tolist()):
            row = row[1:]
            outputs[at] = tokenizer.decode(
                [i for i in (row[: row.index(1)] if 1 in row else row) if i > 2]
            )
    return time.perf_counter() - start, outputs


def massive(binary, model, data, beams):
    """Seconds of the run as `massive predict` gives them, and the intents."""
    command = [binary, "predict", "--model", model, "--corpus", data, "--threads", "1"]
    command += ["--beams", str(beams), "--max-new-tokens", str(LIMIT), "--batch-size", str(BATCH)]
    command += ["--tokenizer", tokenizer_of(model), "--engine", "onnxruntime", "--color", "never"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = re.search(r"utterances in ([0-9.]+) s", run.stderr)
    intents = [json.loads(line)["pred_intent"] for line in run.stdout.splitlines()]
    return float(seconds.group(1)), intents


def tokenizer_of(model):
    reference = Path(model) / "tokenizer.reference.json"
    return str(reference if reference.exists() else Path(model) / "tokenizer.json")


def main():
    binary, model, data = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 512
    runs = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    with open(data, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [row for row in rows if row["partition"] == "test"][:count]
    texts = [row["utt"].split() for row in rows]
    tokenizer = Tokenizer.from_file(tokenizer_of(model))
    print(f"{len(rows)} utterances, batch {BATCH}, 1 thread, at most {LIMIT} ids; optimum-onnx "
          f"{version('optimum-onnx')}, transformers {version('transformers')}, onnxruntime "
          f"{onnxruntime.__version__}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        # The file has no end of line at its end, which readers must bear.
        file = Path(folder) / "rows.jsonl"
        file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
        loaded = list(peers(model))
        for beams in 1, 2:
            figures, intents = {}, {}
            for _ in range(runs):
                for name, peer in loaded:
                    for by_length in False, True:
                        key = f"{name}, {'by length' if by_length else 'file order'}"
                        seconds, outputs = generate(peer, tokenizer, texts, beams, by_length)
                        figures.setdefault(key, []).append(seconds)
                        intents[name] = [(text.split() or [""])[-1] for text in outputs]
                seconds, ours = massive(binary, model, str(file), beams)
                figures.setdefault("massive predict", []).append(seconds)
            reference = figures["massive predict"]
            for key, seconds in figures.items():
                ratio = statistics.median(s / r for s, r in zip(seconds, reference))
                print(f"beams {beams} | {key:28} | {len(rows) / statistics.median(seconds):7.0f} "
                      f"utterances/s | {ratio:5.2f} x our time", flush=True)
            for name, theirs in intents.items():
                same = sum(a == b for a, b in zip(ours, theirs))
                print(f"beams {beams} | {name}: the same intent in {same} of {len(rows)}", flush=True)


main()
