"""Small models of ``transformers`` with random weights."""

import pytest

from conftest import ROOT

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

JOINT = ROOT / "fixtures/models/joint"
TEXT = ROOT / "fixtures/models/text-to-text"


def tokenizer(folder=JOINT):
    """A fast tokenizer of a fixture."""
    special = {"bos_token": "<s>"} if folder == JOINT else {}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), eos_token="</s>", unk_token="<unk>", pad_token="<pad>", **special
    )


def configuration(**more):
    return transformers.XLMRobertaConfig(
        vocab_size=20_000, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=130, pad_token_id=1, bos_token_id=0, eos_token_id=2, initializer_range=0.3, **more,
    )  # fmt: skip


class Joint(torch.nn.Module):
    """An encoder with a head for intents and one for slots, as people write it."""

    def __init__(self, intents, slots):
        super().__init__()
        self.config = configuration()
        self.encoder = transformers.XLMRobertaModel(self.config, add_pooling_layer=False)
        self.intents = torch.nn.Linear(32, intents)
        self.slots = torch.nn.Linear(32, slots)

    def forward(self, input_ids, attention_mask, intent=None, labels=None):
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        found = {"slot_logits": self.slots(hidden), "intent_logits": self.intents(hidden[:, 0])}
        if labels is not None:
            entropy = torch.nn.functional.cross_entropy
            loss = entropy(found["slot_logits"].transpose(1, 2), labels) + entropy(found["intent_logits"], intent)
            return {"loss": loss, **found}
        return found


def text_to_text():
    """A model as mT5."""
    config = transformers.MT5Config(
        vocab_size=4_000, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_decoder_layers=2, num_heads=4,
        decoder_start_token_id=0, eos_token_id=1, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    model = transformers.MT5ForConditionalGeneration(config).eval()
    # As many as `massive predict` writes at most, and the one that it starts from.
    model.generation_config.max_length = 512
    return model


def padded_batch(tokenizer, words):
    """Words as a batch, and the words of its pieces."""
    encoded = tokenizer(words, is_split_into_words=True, padding=True, return_tensors="pt")
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}, encoded.word_ids
