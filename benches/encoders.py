#!/usr/bin/env python3
"""Times `massive predict` with an encoder model against ONNX Runtime from Python.

usage: encoders.py MASSIVE MODEL CORPUS [--locales LIST] [--threads N] [--runs N]

Both run the same graph with the same library and threads on the same utterances
of partition test, which they tokenise, run and write as predictions. The peers:

* in the reference's manner: batches of 64 in the corpus's order, padded to the
  longest;
* in the best manner known to us: the same, sorted by length first, and the
  predictions brought back into order.

A peer's time is from its first utterance to its last prediction, without loading
the model; ours is what `massive predict` says, which is the same, with reading the
corpus besides. Needs onnxruntime, tokenizers and numpy for the Python that runs it.
MODEL is a joint model: `model.onnx`, `tokenizer.json`, `*.intents` and `*.slots`.
"""

import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time


def labels(folder, kind):
    """The names of a map such as massive.intents, in their order."""
    with open(glob.glob(os.path.join(folder, f"*.{kind}"))[0], encoding="utf-8") as file:
        names = json.load(file)
    return [names[str(number)] for number in range(len(names))]


def peer(manner, folder, words, output, threads):
    """Predicts in Python and prints its seconds and those inside the session."""
    import numpy
    import onnxruntime
    import tokenizers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        os.path.join(folder, "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    padding = tokenizer.token_to_id("<pad>")
    intents, slots = labels(folder, "intents"), labels(folder, "slots")
    with open(words, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]

    inside = 0.0
    start = time.perf_counter()
    encoded = []
    for begin in range(0, len(rows), 1024):
        some = [row["words"] for row in rows[begin : begin + 1024]]
        encoded += tokenizer.encode_batch(some, is_pretokenized=True)
    order = list(range(len(rows)))
    if manner == "sorted":
        order.sort(key=lambda index: len(encoded[index].ids))
    predictions = [None] * len(rows)
    for begin in range(0, len(order), 64):
        batch = order[begin : begin + 64]
        longest = max(len(encoded[index].ids) for index in batch)
        ids = numpy.full((len(batch), longest), padding, dtype=numpy.int64)
        mask = numpy.zeros((len(batch), longest), dtype=numpy.int64)
        for place, index in enumerate(batch):
            length = len(encoded[index].ids)
            ids[place, :length] = encoded[index].ids
            mask[place, :length] = 1
        before = time.perf_counter()
        intent_logits, slot_logits = session.run(
            ["intent_logits", "slot_logits"], {"input_ids": ids, "attention_mask": mask}
        )
        inside += time.perf_counter() - before
        best_intents, best_slots = intent_logits.argmax(-1), slot_logits.argmax(-1)
        for place, index in enumerate(batch):
            row = rows[index]
            found = ["Other"] * len(row["words"])
            seen = set()
            for position, word in enumerate(encoded[index].word_ids):
                if word is not None and word not in seen:
                    seen.add(word)
                    found[word] = slots[best_slots[place, position]]
            predictions[index] = {
                "id": row["id"],
                "locale": row["locale"],
                "utt": row["words"],
                "pred_intent": intents[best_intents[place]],
                "pred_labels": found,
            }
    with open(output, "w", encoding="utf-8") as file:
        for prediction in predictions:
            file.write(json.dumps(prediction, ensure_ascii=False) + "\n")
    print(json.dumps({"seconds": time.perf_counter() - start, "inside": inside}))


def measured(command):
    """A child's output, its complaints and its peak memory in MB."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, text=True)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        err.seek(0)
        if status != 0:
            sys.exit(f"{command} failed:\n{err.read()}")
        return out.read(), err.read(), usage.ru_maxrss / 1000


SUMMARY = re.compile(r"([\d,]+) utterances in ([\d.]+) s: [\d,.]+/s; ([\d.]+) % of the time outside")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("massive")
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--locales", default="en-US,de-DE,sw-KE,ja-JP,ar-SA,km-KH")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", nargs=3, metavar=("MANNER", "WORDS", "OUTPUT"))
    options = parser.parse_args()
    if options.peer:
        manner, words, output = options.peer
        peer(manner, options.model, words, output, options.threads)
        return

    import onnxruntime

    library = os.path.join(os.path.dirname(onnxruntime.__file__), "capi")
    with tempfile.TemporaryDirectory() as work:
        rows = ["--corpus", options.corpus, "--partition", "test", "--locales", options.locales]
        words = os.path.join(work, "words.jsonl")
        subprocess.run(
            [options.massive, "corpus", "convert", "--to", "words", "--output", words, *rows],
            check=True,
        )
        with open(words, encoding="utf-8") as file:
            count = sum(1 for _ in file)
        threads = ["--threads", str(options.threads)]
        predict = [options.massive, "predict", "--model", options.model, *rows, *threads]
        systems = {
            "massive, ONNX Runtime": [*predict, "--engine", "onnxruntime", "--library", library],
            "massive, built-in engine": [*predict, "--engine", "builtin"],
            "Python, the reference's manner": "order",
            "Python, sorted by length": "sorted",
        }
        figures = {name: [] for name in systems}
        for _ in range(options.runs):
            for name, how in systems.items():
                output = os.path.join(work, "predictions.jsonl")
                if isinstance(how, str):
                    me = [sys.executable, __file__, options.massive, options.model]
                    me += [options.corpus, *threads, "--peer", how, words, output]
                    out, _, memory = measured(me)
                    told = json.loads(out)
                    seconds, outside = told["seconds"], 1 - told["inside"] / told["seconds"]
                else:
                    _, err, memory = measured([*how, "--output", output])
                    told = SUMMARY.search(err)
                    seconds, outside = float(told[2]), float(told[3]) / 100
                os.remove(output)
                figures[name].append((count / seconds, outside, memory))
        peers = figures["Python, the reference's manner"], figures["Python, sorted by length"]
        print("| | utterances/s | min–max | × reference's manner | × sorted | outside the session | MB |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for name, runs in figures.items():
            rates = [rate for rate, _, _ in runs]
            ratios = [
                statistics.median(run[0] / other[0] for run, other in zip(runs, peer_runs))
                for peer_runs in peers
            ]
            outside = statistics.median(run[1] for run in runs)
            memory = statistics.median(run[2] for run in runs)
            print(
                f"| {name} | {statistics.median(rates):.0f} | {min(rates):.0f}–{max(rates):.0f} "
                f"| {ratios[0]:.2f} | {ratios[1]:.2f} | {100 * outside:.1f} % | {memory:.0f} |"
            )
        print(f"\n* {count} utterances of {options.locales}, {options.threads} threads,", end=" ")
        print(f"onnxruntime {onnxruntime.__version__}, {options.runs} runs each.")


if __name__ == "__main__":
    main()
