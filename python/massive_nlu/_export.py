"""Models of ``transformers`` as the folders that predict: ONNX graphs, the tokenizer,
label maps, and ``massive.json``."""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ._export_check import Outputs, compare, predicts
from ._export_files import card, label_map, tokenizer_files, write_json
from ._labels import Maps, names_of
from .exceptions import RequestError

__all__ = ["export_onnx"]

#: What the tokenizer is asked in order to have inputs to trace with, and others to
#: check with: of another number and length.
TRACED = ["wake me up at five am this week", "stop", "olly quiet please"]
CHECKED = ["what is the weather like in lisbon on friday morning please", "play some jazz"]


def export_onnx(
    model: Any,
    tokenizer: Any,
    folder: str | os.PathLike[str],
    *,
    intents: Maps | None = None,
    slots: Maps | None = None,
    name: str | None = None,
    max_length: int | None = None,
    text_to_text: Mapping[str, Any] | None = None,
    opset: int = 17,
    tolerance: float = 1e-3,
    force: bool = False,
) -> Path:
    """Writes a model of ``transformers`` as a folder that :func:`massive_nlu.predict`,
    :class:`massive_nlu.Predictor` and ``massive predict`` run without PyTorch.

    ``model`` is

    - a joint model: whatever gives logits ``[batch, intents]`` and ``[batch, sequence,
      slots]``, in whichever order, as a tuple or a ``ModelOutput``; ``intents`` and
      ``slots`` name its numbers;
    - a model for sequence classification, for token classification, or a pair of the two
      (``(intent_model, slot_model)``): their ``config.id2label`` names the numbers, unless
      ``intents`` and ``slots`` do;
    - a model for text to text, as T5 or mT5, whose format ``text_to_text`` describes as
      in ``massive.json`` (``massive schema model-manifest``) where it is not the
      reference's default.

    ``tokenizer`` is a fast one of ``transformers``, or for a pair two of them. Each graph
    is run by ONNX Runtime on inputs of another size than those it was made from, and its
    logits may differ from the model's by ``tolerance`` at most. The folder appears whole
    or not at all: nothing is overwritten without ``force``. It holds a model card, so
    that it can be uploaded to a hub as it is. Needs torch, onnx and onnxruntime.

    >>> import massive_nlu as mn, tempfile                               # doctest: +SKIP
    >>> mn.export_onnx(trainer.model, tokenizer, "model/", slots=names)  # doctest: +SKIP
    >>> mn.predict("model/", corpus)                                     # doctest: +SKIP
    """
    target = Path(folder)
    if target.exists() and not force and not (target.is_dir() and not any(target.iterdir())):
        raise RequestError(f"{target} exists: name a new folder, or give force=True")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".massive-export-", dir=target.parent) as made:
        path = Path(made) / "model"
        path.mkdir()
        named = name or target.resolve().name
        given = _Given(named, max_length, opset, tolerance)
        if isinstance(model, (tuple, list)):
            _pair(model, tokenizer, path, intents, slots, given)
        elif getattr(getattr(model, "config", None), "is_encoder_decoder", False):
            from ._export_text import text_to_text_model

            text_to_text_model(_for_export(model), tokenizer, path, given, text_to_text)
        else:
            _classifier(model, tokenizer, path, intents, slots, given)
        predicts(path)
        if target.exists():
            shutil.rmtree(target)
        path.rename(target)
    return target


class _Given:
    """What was asked for."""

    def __init__(self, name: str, max_length: int | None, opset: int, tolerance: float) -> None:
        self.name = name
        self.max_length = max_length
        self.opset = opset
        self.tolerance = tolerance

    def manifest(self, kind: str, **more: Any) -> dict[str, Any]:
        """``massive.json``."""
        manifest = {"format": "massive-model/1", "name": self.name, "kind": kind, **more}
        if self.max_length is not None:
            manifest["max_length"] = self.max_length
        return manifest


def _pair(models: Sequence[Any], tokenizers: Any, path: Path, intents: Any, slots: Any, given: _Given) -> None:
    if len(models) != 2:
        raise RequestError(f"{len(models)} models: a pair is an intent model and a slot model")
    both = tokenizers if isinstance(tokenizers, (tuple, list)) else (tokenizers, tokenizers)
    if len(both) != 2:
        raise RequestError(f"{len(both)} tokenizers of a pair: one for both, or one each")
    for kind, model, tokenizer, names in zip(("intent", "slots"), models, both, (intents, slots)):
        (path / kind).mkdir()
        chosen = {"intents" if kind == "intent" else "slots": names}
        found = _classifier(model, tokenizer, path / kind, chosen.get("intents"), chosen.get("slots"), given)
        if found != kind:
            raise RequestError(f"the {'first' if kind == 'intent' else 'second'} model of the pair gives {found}")
        (path / kind / "README.md").unlink()
    write_json(path / "massive.json", given.manifest("pair", pair={"intent": "intent", "slots": "slots"}))
    card(path, given.name, "pair")


def _classifier(model: Any, tokenizer: Any, path: Path, intents: Any, slots: Any, given: _Given) -> str:
    """Writes a model with a head for intents, for slots, or both, and says which."""
    import torch

    original = _for_export(model)
    inputs = _inputs(original, tokenizer, TRACED)
    with torch.no_grad():
        outputs = tensors(original(**inputs))
    heads = _heads(outputs, inputs["input_ids"].shape, original, intents, slots)
    places = [place for place, _, _ in heads.values()]
    traced = _Heads(original, list(inputs), places)
    named = {"intents": "intent_logits", "slots": "slot_logits"}
    names = [named[head] for head in heads]
    rows = {0: "batch", 1: "sequence"}
    axes = {**{one: rows for one in inputs}, **{named[head]: rows if head == "slots" else {0: "batch"} for head in heads}}
    graph(traced, tuple(inputs.values()), path / "model.onnx", list(inputs), names, axes, given.opset)
    for texts in (CHECKED, TRACED):
        _check(traced, _inputs(original, tokenizer, texts), names, path / "model.onnx", given.tolerance)

    kind = "joint" if len(heads) == 2 else "intent" if "intents" in heads else "slots"
    for head, (_, _, labels) in heads.items():
        label_map(path / f"massive.{head}", labels)
    tokenizer_files(tokenizer, path)
    _configuration(original, path)
    outputs_of = {"intent" if head == "intents" else "slots": named[head] for head in heads}
    files = {head: f"massive.{head}" for head in heads}
    reads = "text" if kind == "intent" else "words"
    write_json(path / "massive.json", given.manifest(kind, input=reads, outputs=outputs_of, labels=files))
    card(path, given.name, kind)
    return kind


def _for_export(model: Any) -> Any:
    """A copy of the model for the processor, in 32 bits, that attends step by step: what
    users hold is left alone."""
    import torch

    if not isinstance(model, torch.nn.Module):
        raise RequestError(f"expected a model of PyTorch, not {type(model).__name__}")
    copied = copy.deepcopy(model).to("cpu").float().eval()
    for module in copied.modules():
        if hasattr(module, "set_attn_implementation"):
            module.set_attn_implementation("eager")
            break
    return copied


def _inputs(model: Any, tokenizer: Any, texts: list[str]) -> dict[str, Any]:
    """Texts as the model takes them, the shorter ones filled up."""
    import inspect

    import torch

    encoded = [_ids(tokenizer, text) for text in texts]
    pad = getattr(tokenizer, "pad_token_id", None)
    pad = pad if pad is not None else getattr(getattr(model, "config", None), "pad_token_id", None) or 0
    longest = max(map(len, encoded))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in encoded])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in encoded])
    inputs = {"input_ids": ids, "attention_mask": mask}
    taken = inspect.signature(model.forward).parameters
    everything = any(one.kind is one.VAR_KEYWORD for one in taken.values())
    if "token_type_ids" in getattr(tokenizer, "model_input_names", ()) and "token_type_ids" in taken:
        inputs["token_type_ids"] = torch.zeros_like(ids)
    for one in inputs:
        if one not in taken and not everything:
            raise RequestError(f"the model takes no {one}: it takes {', '.join(taken)}")
    return inputs


def _ids(tokenizer: Any, text: str) -> list[int]:
    if hasattr(tokenizer, "encode_batch"):
        ids: list[int] = tokenizer.encode(text).ids
        return ids
    return list(tokenizer(text)["input_ids"])


def tensors(output: Any) -> list[tuple[str, Any]]:
    """The tensors that a model gives, with their names where they have any."""
    import torch

    if isinstance(output, torch.Tensor):
        return [("logits", output)]
    named = output.items() if isinstance(output, Mapping) else ((f"output {index}", one) for index, one in enumerate(output))
    return [(name, one) for name, one in named if isinstance(one, torch.Tensor)]


def _heads(
    outputs: list[tuple[str, Any]], shape: Any, model: Any, intents: Any, slots: Any
) -> dict[str, tuple[int, str, list[str]]]:
    """Which outputs are logits of intents and slots: their places, names and labels."""
    batch, sequence = shape
    fitting = {
        "intents": [place for place, (_, one) in enumerate(outputs) if one.ndim == 2 and len(one) == batch],
        "slots": [place for place, (_, one) in enumerate(outputs) if one.ndim == 3 and tuple(one.shape[:2]) == (batch, sequence)],
    }
    given = {"intents": intents, "slots": slots}
    single = sum(map(bool, fitting.values())) == 1
    heads = {}
    for head, places in fitting.items():
        if given[head] is None and not places:
            continue
        labels = names_of(given[head]) if given[head] is not None else _configured(model) if single else None
        if labels is None:
            shown = ", ".join(f"{outputs[place][0]} {list(outputs[place][1].shape)}" for place in places)
            raise RequestError(f"the model gives {shown}: name the numbers of its {head} ({head}=[…])")
        wide = [place for place in places if outputs[place][1].shape[-1] == len(labels)]
        best = [place for place in wide if head.rstrip("s") in outputs[place][0]] or wide
        if len(best) != 1:
            shown = ", ".join(f"{name} {list(one.shape)}" for name, one in outputs)
            raise RequestError(f"{len(best)} outputs fit {len(labels)} {head}: the model gives {shown}")
        heads[head] = (best[0], outputs[best[0]][0], labels)
    if not heads:
        shown = ", ".join(f"{name} {list(one.shape)}" for name, one in outputs)
        raise RequestError(f"no output is [batch, intents] or [batch, sequence, slots]: the model gives {shown}")
    return heads


def _configured(model: Any) -> list[str] | None:
    labels = getattr(getattr(model, "config", None), "id2label", None)
    return names_of(labels) if labels else None


def _Heads(model: Any, inputs: list[str], places: list[int]) -> Any:
    """The model as a function of tensors in order, to those outputs that are wanted."""
    import torch

    class Heads(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: Any) -> tuple[Any, ...]:
            found = tensors(self.model(**dict(zip(inputs, given))))
            return tuple(found[place][1] for place in places)

    return Heads().eval()


def graph(
    module: Any,
    inputs: tuple[Any, ...],
    path: Path,
    input_names: list[str],
    output_names: list[str],
    axes: Mapping[str, Mapping[int, str]],
    opset: int,
) -> None:
    """Traces a module into an ONNX graph."""
    import warnings

    import torch

    with warnings.catch_warnings():
        # What it says of constants is what the check afterwards finds out.
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad():
                torch.onnx.export(
                    module, inputs, str(path), input_names=input_names, output_names=output_names,
                    dynamic_axes=axes, opset_version=opset, dynamo=False,
                )  # fmt: skip
        except Exception as error:
            raise RequestError(f"the model cannot be exported to ONNX: {error}") from error


def _check(module: Callable[..., Any], inputs: dict[str, Any], names: list[str], path: Path, tolerance: float) -> None:
    import torch

    with torch.no_grad():
        expected: Outputs = dict(zip(names, module(*inputs.values())))
    # What is said of padding is nothing that anybody reads.
    compare(path, inputs, expected, tolerance, rows=inputs["attention_mask"].bool())


def _configuration(model: Any, path: Path) -> None:
    config = getattr(model, "config", None)
    if config is not None and hasattr(config, "save_pretrained"):
        config.save_pretrained(path)
    elif isinstance(config, Mapping):
        (path / "config.json").write_text(json.dumps(dict(config), indent=2) + "\n", encoding="utf-8")
