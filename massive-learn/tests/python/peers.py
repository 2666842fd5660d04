"""What scikit-learn and python-crfsuite make of rows: tf-idf weights, margins of
linear support vector machines, and the tags of a trained chain with its weights.

Reads a document on standard input and writes one to standard output; see
massive-learn/src/peers.rs.
"""

import json
import sys
import tempfile
from pathlib import Path

import pycrfsuite
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC


def words(text):
    tokens = text.split(" ")
    yield from (f"first word {tokens[0]}", f"last word {tokens[-1]}")
    yield from (f"word {token}" for token in tokens)
    yield from (f"words {a} {b}" for a, b in zip(tokens, tokens[1:]))
    yield from (f"words {a} … {b}" for a, b in zip(tokens, tokens[2:]))


def named(matrix, vectoriser, name):
    names = [name(feature) for feature in vectoriser.get_feature_names_out()]
    rows = []
    for row in matrix:
        rows.append({names[at]: float(value) for at, value in zip(row.indices, row.data)})
    return rows


def intents(given):
    of_words = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    of_characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), lowercase=False, sublinear_tf=True
    )
    length = given["characters_length"]
    train = [of_words.fit_transform(given["train"]), length * of_characters.fit_transform(given["train"])]
    dev = [of_words.transform(given["dev"]), length * of_characters.transform(given["dev"])]

    def margins(targets):
        machine = LinearSVC(C=given["cost"], tol=1e-7, max_iter=1_000_000)
        machine.fit(hstack(train).tocsr(), targets)
        return machine.decision_function(hstack(dev).tocsr())

    scenario_of = given["scenarios"]
    of_intents = margins(given["intents"])
    of_scenarios = margins([scenario_of[intent] for intent in given["intents"]])
    of_intents += of_scenarios[:, scenario_of]
    weights = named(dev[0].tocsr(), of_words, str)
    characters = named(dev[1].tocsr(), of_characters, lambda gram: "characters " + gram.replace(" ", "_"))
    for row, more in zip(weights, characters):
        row.update(more)
    return {"weights": weights, "margins": of_intents.tolist()}


def slots(given):
    trainer = pycrfsuite.Trainer(algorithm="ap", verbose=False)
    trainer.set_params({"max_iterations": 5})
    for row in given["train_slots"]:
        trainer.append(row["features"], row["tags"])
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "model")
        trainer.train(model)
        tagger = pycrfsuite.Tagger()
        tagger.open(model)
        info = tagger.info()
        tags = [tagger.tag(row["features"]) for row in given["dev_slots"]]
        tagger.close()
    return {
        "labels": list(info.labels),
        "state": [[*pair, weight] for pair, weight in info.state_features.items()],
        "steps": [[*pair, weight] for pair, weight in info.transitions.items()],
        "tags": tags,
    }


def main():
    given = json.load(sys.stdin)
    json.dump({**intents(given), **slots(given)}, sys.stdout)


main()
