#!/bin/sh
# Utterances a second by the number of ids in a batch, and with the default, on each
# engine that is here: the best of several turns, which alternate between the sizes.
# Usage: benches/batches.sh MASSIVE CORPUS MODEL... | benches/write.py batches
# ROWS (of each of four locales), TURNS and THREADS can be set.
set -eu
massive=$1
corpus=$2
shift 2
exec python3 - "$massive" "$corpus" "$(dirname "$0")" "$@" <<'PY'
import os, re, subprocess, sys, tempfile

massive, corpus, benches, *models = sys.argv[1:]
sizes = ["256", "512", "1024", "2048", "4096", None]
rows, turns = os.environ.get("ROWS", "500"), int(os.environ.get("TURNS", "3"))
threads = os.environ.get("THREADS", "2")


def rate(model, engine, size, folder):
    command = [massive, "predict", "--model", model, "--corpus", f"{folder}/corpus", "--engine", engine]
    command += ["--threads", threads, "--partition", "test", "--force", "--output", f"{folder}/out.jsonl"]
    command += ["--batch-tokens", size] if size else []
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"{' '.join(command)}\n{ran.stderr}")
    return float(re.search(r"utterances in .* s: ([0-9.]+)/s", ran.stderr).group(1))


print("| model | engine | " + " | ".join(f"{size} ids" if size else "default" for size in sizes) + " | default, of the best |")
print("|:--|:--|" + "--:|" * (len(sizes) + 1))
with tempfile.TemporaryDirectory() as folder:
    locales = "en-US,ja-JP,km-KH,sw-KE"
    script = [sys.executable, f"{benches}/compress.py", "rows", corpus, f"{folder}/corpus", locales, "test", rows]
    subprocess.run(script, check=True, stdout=subprocess.DEVNULL)
    for model in models:
        for engine in ["builtin", "onnxruntime"]:
            best = dict.fromkeys(sizes, 0.0)
            for _ in range(turns):
                for size in sizes:
                    best[size] = max(best[size], rate(model, engine, size, folder))
            cells = [f"{best[size]:.0f}" for size in sizes]
            share = best[None] / max(best.values())
            name = os.path.basename(model.rstrip("/"))
            print(f"| {name} | {engine} | " + " | ".join(cells) + f" | {share:.2f} |", flush=True)
print(f"\nUtterances a second on {threads} threads, the best of {turns} turns; {rows} rows of test of each of {locales}.")
PY
