"""Time and peak memory of the commands of the binary, run as users run them.

usage: commands.py MASSIVE FOLDER TAR_GZ PARQUET PREDICTIONS PLAIN OTHER WORK RUNS

PARQUET is the corpus converted, PLAIN the predictions unpacked, OTHER those of a
second system, WORK a folder for what is written. Writes results as JSON lines,
as `massive-benches` does.

A new command takes a line in `commands` and one in table.rs.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent / "fixtures" / "models" / "joint"


def run(arguments):
    """Seconds, processor seconds and peak memory in MB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{arguments} failed: {message.decode()}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def show(key, runs, cpu=(), note=None):
    print(json.dumps({"key": key, "runs": list(runs), "cpu": list(cpu), "note": note}), flush=True)


def measure(commands, runs):
    """All commands in turn, so that ratios compare what ran at about one time."""
    results = {key: [] for key in commands}
    for _ in range(runs):
        for key, command in commands.items():
            results[key].append(run(command))
    for key, taken in results.items():
        seconds, cpu, memory = zip(*taken)
        show(f"command.{key}", seconds, cpu)
        show(f"peak.{key}", memory)


def startup(massive, runs):
    """The median of twenty starts, in milliseconds; each start is short."""
    medians = []
    for _ in range(runs):
        starts = sorted(run([massive, "--help"])[0] for _ in range(20))
        medians.append(1e3 * (starts[9] + starts[10]) / 2)
    show("command.help", medians)


def grown(folder, work, times):
    """A folder with every file of the corpus so many times, as links."""
    copies = work / f"times-{times}"
    copies.mkdir()
    for path in Path(folder).resolve().rglob("*.jsonl"):
        for number in range(times):
            (copies / f"copy{number}-{path.name}").symlink_to(path)
    return copies


def growth(massive, folder, parquet, predictions, work, runs):
    megabytes = sum(path.stat().st_size for path in Path(folder).rglob("*.jsonl")) / 1e6
    locales = sorted(path.stem for path in Path(folder).rglob("*.jsonl"))
    locales = [locale for locale in locales if locale != "ca-ES"][:48]
    stats = ["corpus", "grep", "^$"]
    for times in (1, 2, 4, 8):
        copies = grown(folder, work, times)
        taken = [run([massive, *stats, "--corpus", copies]) for _ in range(runs)]
        seconds, cpu, _ = zip(*taken)
        show(f"growth.read.{times}", [times * megabytes / second for second in seconds], cpu)
        # Of these files nothing but one row in six of one locale is wanted.
        command = [massive, *stats, "--corpus", copies, "--locales", "de-DE", "--partition", "test"]
        show(f"growth.memory.{times}", [run(command)[2] for _ in range(runs)])
        chosen = locales[: 6 * times]
        command = [massive, "score", predictions, "--corpus", parquet, "--format", "json"]
        command += ["--locales", ",".join(chosen), "--resamples", "0"]
        taken = [run(command) for _ in range(runs)]
        seconds, cpu, _ = zip(*taken)
        show(f"growth.score.{times}", seconds, cpu)


def main():
    massive, folder, archive, parquet, predictions, plain, other = sys.argv[1:8]
    work, runs = Path(sys.argv[8]), int(sys.argv[9])
    out = work / "out"
    out.mkdir()
    show("binary.size", [os.path.getsize(massive) / 1e6] * runs)
    startup(massive, runs)
    json_ = ["--format", "json", "--quiet"]
    commands = {
        "score.folder": ["score", predictions, "--corpus", folder, *json_],
        "score.archive": ["score", predictions, "--corpus", archive, *json_],
        "score.parquet": ["score", predictions, "--corpus", parquet, *json_],
        "score_plain.folder": ["score", plain, "--corpus", folder, *json_],
        "score_plain.parquet": ["score", plain, "--corpus", parquet, *json_],
        "compare": ["compare", predictions, other, "--corpus", parquet, *json_],
        "check": ["check", predictions, "--corpus", folder, *json_],
        "stats": ["corpus", "stats", "--corpus", folder, *json_],
        "corpus_check": ["corpus", "check", "--corpus", folder, *json_],
        "convert": ["corpus", "convert", "--to", "parquet", "--corpus", folder, "--force",
                    "--output", out / "corpus.parquet", "--quiet"],
        "show": ["corpus", "show", "42", "--corpus", folder, *json_],
        "grep": ["corpus", "grep", "^wake", "--corpus", folder, *json_],
        "sample": ["corpus", "sample", "--shots", "5", "--corpus", folder, "--force",
                   "--output", out / "sample.jsonl", "--quiet"],
        "demo": ["demo", "--folder", out / "demo", "--quiet"],
    }
    commands |= {
        "report": ["report", predictions, "--corpus", parquet, "--output",
                   out / "report.html", "--quiet"],
        "errors": ["errors", predictions, "--corpus", parquet, *json_],
        "errors_summary": ["errors", predictions, "--corpus", parquet, "--summary",
                           "--by", "slot,locale,script", *json_],
        "predict": ["predict", "--model", MODEL, "--engine", "builtin", "--corpus", folder,
                    "--locales", "en-US,de-DE,sw-KE,ja-JP", "--force",
                    "--output", out / "predictions.jsonl", "--quiet"],
        "inspect": ["model", "inspect", MODEL, *json_],
    }
    board = out / "board"
    added = ["leaderboard", "add", predictions, "--corpus", parquet, "--folder", board, "--name"]
    run([massive, *added, "first", "--quiet"])
    commands |= {
        "leaderboard_add": [*added, "second", "--force", "--quiet"],
        "leaderboard_render": ["leaderboard", "render", board, "--output", out / "site",
                               "--force", "--quiet"],
        "leaderboard_check": ["leaderboard", "check", board, "--quiet"],
    }
    measure({key: [massive, *command] for key, command in commands.items()}, runs)
    growth(massive, folder, parquet, plain, work, runs)


if __name__ == "__main__":
    main()
