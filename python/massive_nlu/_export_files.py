"""What belongs to the graphs of a model in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .exceptions import RequestError

KINDS = {
    "joint": "an intent and a slot label for each word",
    "pair": "an intent from one graph and slot labels from another",
    "intent": "an intent",
    "slots": "a slot label for each word",
    "text-to-text": "slot labels and an intent as text",
}

CARD = """\
---
library_name: onnx
tags:
- massive
- intent-classification
- slot-filling
- onnx
datasets:
- AmazonScience/massive
---

# {name}

{about} about utterances, exported to ONNX and checked against the model it was made from.

```sh
massive predict --model . --text "wake me up at five am" --locale en-US
```

```python
import massive_nlu as mn

mn.Predictor(".").predict(["wake me up at five am"], locale="en-US")
```
"""


def write_json(path: Path, document: Any) -> None:
    """Writes a document for readers."""
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def label_map(path: Path, labels: list[str]) -> None:
    """Names by number, as the reference writes them."""
    write_json(path, {str(number): label for number, label in enumerate(labels)})


def card(path: Path, name: str, kind: str) -> None:
    """The model card."""
    about = KINDS[kind]
    text = CARD.format(name=name, about=f"A model that gives {about},".removesuffix(","))
    (path / "README.md").write_text(text, encoding="utf-8")


def tokenizer_files(tokenizer: Any, path: Path) -> None:
    """``tokenizer.json`` and what ``transformers`` keeps beside it."""
    if hasattr(tokenizer, "encode_batch"):
        tokenizer.save(str(path / "tokenizer.json"))
    else:
        if not getattr(tokenizer, "is_fast", False):
            raise RequestError(
                f"{type(tokenizer).__name__} is written in Python: load the fast tokenizer (use_fast=True)"
            )
        tokenizer.save_pretrained(path)
    file = path / "tokenizer.json"
    if not file.is_file():
        raise RequestError(f"{type(tokenizer).__name__} saved no tokenizer.json")
    # How the last texts were cut and filled up is no part of the model.
    document = json.loads(file.read_text(encoding="utf-8"))
    document["truncation"] = document["padding"] = None
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
