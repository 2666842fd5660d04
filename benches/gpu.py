"""Drives benches/gpu.sh, which says what it is for.

The check: the predictions of fixtures/models on fixtures/mini are the same on each device
as on the CPU. The measurement: rows of the mini corpus, so often that a run takes a while,
by number of ids in a batch and by precision; GPU utilisation and memory are what nvidia-smi
says meanwhile, ten times a second.
"""

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RATE = re.compile(r"([\d,]+) utterances in ([\d.]+) s: ([\d.,]+)/s(?:; ([\d.]+) % of the time outside)?")


class Gpu(threading.Thread):
    """What nvidia-smi says while something runs."""

    def __init__(self, there):
        super().__init__(daemon=True)
        self.there, self.done, self.used, self.memory = there, threading.Event(), [], []

    def run(self):
        query = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
        while self.there and not self.done.wait(0.1):
            said = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
            if said:
                used, memory = (float(number) for number in said[0].split(","))
                self.used.append(used)
                self.memory.append(memory)

    def stop(self):
        self.done.set()
        if self.is_alive():
            self.join()
        mean = sum(self.used) / len(self.used) if self.used else None
        return mean, max(self.memory, default=None)


def ran(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stderr


def predict(options, model, corpus, device, output, more=()):
    engine = ["--engine", "onnxruntime", "--device", device]
    if options.library:
        engine += ["--library", options.library]
    command = [options.massive, "predict", "--model", model, "--corpus", corpus, *engine, *more]
    return ran([*command, "--force", "--output", output])


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def checked(options, devices, folder):
    """Fails where a device predicts something else than the CPU."""
    corpus = ROOT / "fixtures/mini/data"
    for model in ("joint", "text-to-text"):
        graph = ROOT / "fixtures/models" / model
        more = ["--locales", "en-US,de-DE,es-ES"]
        predict(options, graph, corpus, "cpu", folder / "cpu.jsonl", more)
        wanted = rows(folder / "cpu.jsonl")
        for device in devices:
            predict(options, graph, corpus, device, folder / "device.jsonl", more)
            found = rows(folder / "device.jsonl")
            other = [one["id"] for one, two in zip(wanted, found) if one != two]
            if other or len(wanted) != len(found):
                sys.exit(f"{model}: {device} predicts otherwise than the CPU for {len(other)} of {len(wanted)} rows: {other[:5]}")
            print(f"{model}: {len(found)} predictions on {device} are those of the CPU", file=sys.stderr)


def large_corpus(folder, count):
    """The rows of test of the mini corpus, so often that there are `count`."""
    found = []
    for locale in ("en-US", "de-DE", "sw-KE", "ja-JP"):
        found += [row for row in rows(ROOT / f"fixtures/mini/data/{locale}.jsonl") if row["partition"] == "test"]
    path = folder / "rows.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({**found[number % len(found)], "id": str(number)}, ensure_ascii=False) + "\n")
    return path


def measured(options, devices, folder):
    corpus = large_corpus(folder, options.rows)
    for model in map(Path, options.models):
        forms = {"as it is": model}
        if (model / "model.onnx").is_file():
            half = folder / f"{model.name}-fp16"
            ran([options.massive, "model", "compress", model, "--weights", "fp16", "--output", half])
            forms["fp16"] = half
        for form, path in forms.items():
            for device in devices:
                for ids in options.ids.split(","):
                    watch = Gpu(not options.cpu)
                    watch.start()
                    more = ["--batch-tokens", ids, "--batch-size", "4096"]
                    said = RATE.search(predict(options, path, corpus, device, folder / "out.jsonl", more))
                    used, memory = watch.stop()
                    yield {
                        "model": model.name,
                        "precision": form,
                        "device": device,
                        "ids": int(ids),
                        "utterances_per_second": float(said[3].replace(",", "")),
                        "outside_percent": float(said[4]) if said[4] else None,
                        "gpu_percent": used,
                        "gpu_memory_mb": memory,
                    }


def peer(options):
    """An encoder of XLM-R base's shape in transformers, its batches sorted by length."""
    if not all(importlib.util.find_spec(name) for name in ("torch", "transformers")):
        print("transformers was not measured: it is not installed with PyTorch here", file=sys.stderr)
        return
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    device = "cpu" if options.cpu else "cuda"
    small = {"num_hidden_layers": 2} if options.cpu else {}
    config = XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, **small)
    model = XLMRobertaModel(config).eval().to(device)
    lengths = sorted(4 + number % 21 for number in range(options.rows))
    for kind in ("float32",) if options.cpu else ("float32", "float16"):
        model.to(getattr(torch, kind))
        for batch in (64,) if options.cpu else (64, 256, 1024):
            begun = time.perf_counter()
            with torch.inference_mode():
                for start in range(0, len(lengths), batch):
                    some = lengths[start : start + batch]
                    ids = torch.full((len(some), some[-1]), 5, device=device)
                    model(input_ids=ids).last_hidden_state[:, 0].float().cpu()
            seconds = time.perf_counter() - begun
            yield {
                "model": f"transformers, {config.num_hidden_layers} layers of XLM-R base",
                "precision": kind,
                "device": device,
                "ids": None,
                "rows": batch,
                "utterances_per_second": len(lengths) / seconds,
                "outside_percent": None,
                "gpu_percent": None,
                "gpu_memory_mb": torch.cuda.max_memory_allocated() / 1e6 if device == "cuda" else None,
            }


def shown(row):
    def cell(value, form="{:.0f}"):
        return "–" if value is None else form.format(value)

    batch = f"{row['ids']} ids" if row["ids"] else f"{row['rows']} rows"
    cells = [row["model"], row["precision"], row["device"], batch, cell(row["utterances_per_second"])]
    cells += [cell(row["outside_percent"], "{:.1f} %"), cell(row["gpu_percent"], "{:.0f} %"), cell(row["gpu_memory_mb"])]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("massive")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--library")
    parser.add_argument("--json")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--ids")
    options = parser.parse_args()
    options.rows = options.rows or (2_000 if options.cpu else 50_000)
    options.ids = options.ids or ("512,1024" if options.cpu else "2048,8192,16384,65536")
    devices = ["cpu"] if options.cpu else ["cuda", "tensorrt"]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for device in list(devices):
            command = [options.massive, "predict", "--model", ROOT / "fixtures/models/joint", "--engine", "onnxruntime"]
            command += ["--device", device, "--locale", "en-US", "--text", "wake me at five"]
            command += ["--library", options.library] if options.library else []
            tried = subprocess.run(command, capture_output=True, text=True)
            if tried.returncode:
                print(f"gpu.sh: {device} cannot be measured:\n{tried.stderr}", file=sys.stderr)
                devices.remove(device)
        if not devices:
            sys.exit(2)
        checked(options, devices, folder)
        all_rows = []
        print("| model | precision | device | batch | utterances/s | outside the engine | GPU used | GPU MB |")
        print("|:--|:--|:--|--:|--:|--:|--:|--:|")
        for row in [*measured(options, devices, folder), *peer(options)]:
            all_rows.append(row)
            print(shown(row), flush=True)
        if not options.cpu:
            card = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True, text=True)
            print(f"\n{card.stdout.strip()}; {options.rows} utterances.")
        if options.json:
            Path(options.json).write_text(json.dumps({"format": "massive-gpu-bench/1", "rows": all_rows}, indent=2) + "\n")


main()
