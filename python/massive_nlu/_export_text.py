"""Text-to-text models as graphs: an encoder, and a decoder that is asked id by id."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._export_check import compare, run, session
from ._export_files import card, tokenizer_files, write_json
from .exceptions import CheckError, MassiveError

log = logging.getLogger("massive_nlu")

ROWS = {0: "batch"}
READ = {0: "batch", 1: "encoder_sequence"}
WRITTEN = {0: "batch", 1: "decoder_sequence"}


def text_to_text_model(
    model: Any, tokenizer: Any, path: Path, given: Any, described: Mapping[str, Any] | None
) -> None:
    """Writes ``encoder_model.onnx``, ``decoder_model.onnx`` and, where the model's cache
    can be traced, ``decoder_with_past_model.onnx``."""
    import torch

    from ._export import CHECKED, TRACED, _inputs, graph

    inputs = _inputs(model, tokenizer, TRACED)
    modules = _modules(model)
    start = model.config.decoder_start_token_id or 0
    encoder = modules["encoder"]
    names = ["input_ids", "attention_mask"]
    axes = {name: READ for name in (*names, "last_hidden_state")}
    graph(encoder, tuple(inputs[name] for name in names), path / "encoder_model.onnx", names, ["last_hidden_state"], axes, given.opset)
    checked = _inputs(model, tokenizer, CHECKED)
    with torch.no_grad():
        expected = {"last_hidden_state": encoder(checked["input_ids"], checked["attention_mask"])}
    compare(path / "encoder_model.onnx", checked, expected, given.tolerance, rows=checked["attention_mask"].bool())

    traced = _steps(encoder, inputs, start, model.config.vocab_size)
    other = _steps(encoder, checked, start, model.config.vocab_size)
    try:
        _with_past(modules, path, traced, other, given)
    except MassiveError as error:
        log.info("the decoder is exported without its cache, which is slower: %s", error)
        (path / "decoder_with_past_model.onnx").unlink(missing_ok=True)
        (path / "decoder_model.onnx").unlink(missing_ok=True)
        _without_past(modules, path, traced, other, given)
    tokenizer_files(tokenizer, path)
    model.config.save_pretrained(path)
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.save_pretrained(path)
    more = {"text_to_text": dict(described)} if described is not None else {}
    write_json(path / "massive.json", given.manifest("text-to-text", **more))
    card(path, given.name, "text-to-text")


def _steps(encoder: Any, inputs: dict[str, Any], start: int, size: int) -> dict[str, Any]:
    """What a decoder is asked in the middle of its work."""
    import torch

    with torch.no_grad():
        states = encoder(inputs["input_ids"], inputs["attention_mask"])
    rows = len(states)
    ids = torch.arange(rows * 3).reshape(rows, 3) % (size - 2) + 2
    written = torch.cat([torch.full((rows, 1), start), ids], dim=1)
    return {"input_ids": written, "encoder_hidden_states": states, "encoder_attention_mask": inputs["attention_mask"]}


def _modules(model: Any) -> dict[str, Any]:
    """The parts of the model as functions of tensors in order."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    def decoded(ids: Any, states: Any, mask: Any, **options: Any) -> Any:
        return model(
            encoder_outputs=BaseModelOutput(last_hidden_state=states), attention_mask=mask, decoder_input_ids=ids, **options
        )

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = model.get_encoder()

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state

    class Decoder(torch.nn.Module):
        """Logits of all ids, without a cache."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, states: Any, mask: Any) -> Any:
            return decoded(ids, states, mask, use_cache=False).logits

    class First(torch.nn.Module):
        """Logits of all ids, and the cache that they leave."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, states: Any, mask: Any) -> Any:
            found = decoded(ids, states, mask, use_cache=True)
            cache = found.past_key_values
            return found.logits, *_entries(cache.self_attention_cache), *_entries(cache.cross_attention_cache)

    class Later(torch.nn.Module):
        """Logits of one more id, and the grown cache."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, *past: Any) -> Any:
            own, cross = past[: len(past) // 2], past[len(past) // 2 :]
            # The states are looked at no more: their keys and values are in the cache.
            states = torch.zeros(ids.shape[0], mask.shape[1], model.config.d_model)
            found = decoded(ids, states, mask, use_cache=True, past_key_values=_cache(own, cross))
            return found.logits, *_entries(found.past_key_values.self_attention_cache)

    return {"encoder": Encoder().eval(), "decoder": Decoder().eval(), "first": First().eval(), "later": Later().eval()}


def _entries(cache: Any) -> list[Any]:
    """Keys and values, layer by layer."""
    return [one for layer in cache.layers for one in (layer.keys, layer.values)]


def _cache(own: Any, cross: Any) -> Any:
    from transformers import DynamicCache, EncoderDecoderCache

    caches = []
    for entries in (own, cross):
        cache = DynamicCache()
        for layer in range(len(entries) // 2):
            cache.update(entries[2 * layer], entries[2 * layer + 1], layer)
        caches.append(cache)
    return EncoderDecoderCache(*caches)


INPUTS = ["input_ids", "encoder_hidden_states", "encoder_attention_mask"]
AXES = {"input_ids": WRITTEN, "encoder_hidden_states": READ, "encoder_attention_mask": READ, "logits": WRITTEN}


def _without_past(modules: dict[str, Any], path: Path, traced: Any, other: Any, given: Any) -> None:
    import torch

    from ._export import graph

    file = path / "decoder_model.onnx"
    graph(modules["decoder"], tuple(traced[name] for name in INPUTS), file, INPUTS, ["logits"], AXES, given.opset)
    with torch.no_grad():
        expected = {"logits": modules["decoder"](*(other[name] for name in INPUTS))}
    compare(file, other, expected, given.tolerance)


def _with_past(modules: dict[str, Any], path: Path, traced: Any, other: Any, given: Any) -> None:
    import torch

    from ._export import graph

    first, later = path / "decoder_model.onnx", path / "decoder_with_past_model.onnx"
    try:
        with torch.no_grad():
            past = modules["first"](*(traced[name] for name in INPUTS))[1:]
    except (AttributeError, TypeError) as error:
        raise CheckError(f"its cache is of another kind: {error}") from error
    layers = len(past) // 4
    parts = [[f"{layer}.{half}.{kind}" for layer in range(layers) for kind in ("key", "value")] for half in ("decoder", "encoder")]
    own = {f"present.{name}": {0: "batch", 2: "decoder_sequence"} for name in parts[0]}
    cross = {f"present.{name}": {0: "batch", 2: "encoder_sequence"} for name in parts[1]}
    graph(
        modules["first"], tuple(traced[name] for name in INPUTS), first, INPUTS,
        ["logits", *own, *cross], {**AXES, **own, **cross}, given.opset,
    )  # fmt: skip
    taken = [f"past_key_values.{name}" for name in (*parts[0], *parts[1])]
    axes = {
        "input_ids": ROWS, "logits": ROWS, "encoder_attention_mask": READ, **own,
        **{name: {0: "batch", 2: f"past_{'encoder' if '.encoder.' in name else 'decoder'}_sequence"} for name in taken},
    }  # fmt: skip
    graph(
        modules["later"], (traced["input_ids"][:, -1:], traced["encoder_attention_mask"], *past), later,
        ["input_ids", "encoder_attention_mask", *taken], ["logits", *own], axes, given.opset,
    )  # fmt: skip
    _check_steps(modules, first, later, other, (list(own), list(cross)), given.tolerance)


def _check_steps(
    modules: dict[str, Any], first: Path, later: Path, asked: Any, entries: tuple[list[str], list[str]], tolerance: float
) -> None:
    """A whole pass has to give what a first step and one with its cache give, id by id."""
    import numpy
    import torch

    with torch.no_grad():
        expected = modules["decoder"](*(asked[name] for name in INPUTS)).numpy()
    own, cross = entries
    found = run(session(first), {**asked, "input_ids": asked["input_ids"][:, :2]}, ["logits", *own, *cross])
    steps = [found["logits"]]
    past = {name: torch.from_numpy(found[name]) for name in (*own, *cross)}
    running = session(later)
    for place in range(2, asked["input_ids"].shape[1]):
        given = {name.replace("present.", "past_key_values."): tensor for name, tensor in past.items()}
        step = {"input_ids": asked["input_ids"][:, place : place + 1], "encoder_attention_mask": asked["encoder_attention_mask"]}
        found = run(running, {**step, **given}, ["logits", *own])
        steps.append(found["logits"])
        past.update((name, torch.from_numpy(found[name])) for name in own)
    worst = float(abs(numpy.concatenate(steps, axis=1) - expected).max())
    if not worst <= tolerance:
        raise CheckError(f"the decoder's logits differ from the model's by up to {worst:.2g}, more than {tolerance:g}")
