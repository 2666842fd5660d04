"""seqeval's scores and chunks of tag sequences, a JSON object a line."""

import json
import sys
import warnings

from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

warnings.simplefilter("ignore")  # about scores without any chunk

for line in sys.stdin:
    batch = json.loads(line)
    gold, predicted = batch["gold"], batch["predicted"]
    scores = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    if gold:
        scores = {
            "precision": float(precision_score(gold, predicted)),
            "recall": float(recall_score(gold, predicted)),
            "f1": float(f1_score(gold, predicted)),
        }
    chunks = [list(chunk) for chunk in get_entities(predicted)] if predicted else []
    scores["chunks"] = chunks
    scores["gold"] = len(get_entities(gold)) if gold else 0
    scores["predicted"] = len(chunks)
    print(json.dumps(scores))
