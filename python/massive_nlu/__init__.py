"""Amazon MASSIVE where people train: load it, score on it, read what is wrong.

>>> import massive_nlu as mn
>>> corpus = mn.Corpus("fixtures/mini", partition="test")
>>> mn.score("fixtures/mini/predictions/good.jsonl", corpus)["all"].utterances
663
"""

from . import leaderboard
from ._commands import Check, Comparison, Document, Errors, Report, check, compare, errors, predict, report, train
from ._corpus import Corpus
from ._counts import counts, fold, fold_systems
from ._export import export_onnx
from ._native import Slot, Table, Utterance, __version__
from ._predictor import Predictor
from ._score import Figure, Figures, Plot, Score, score
from ._trainer import LabelMetrics, align_labels, argmax, compute_metrics
from .exceptions import CheckError, InputError, InternalError, MassiveError, RequestError

__all__ = [
    "Check",
    "CheckError",
    "Comparison",
    "Corpus",
    "Document",
    "Errors",
    "Figure",
    "Figures",
    "InputError",
    "InternalError",
    "LabelMetrics",
    "MassiveError",
    "Plot",
    "Predictor",
    "Report",
    "RequestError",
    "Score",
    "Slot",
    "Table",
    "Utterance",
    "__version__",
    "align_labels",
    "argmax",
    "check",
    "compare",
    "compute_metrics",
    "counts",
    "errors",
    "export_onnx",
    "fold",
    "fold_systems",
    "leaderboard",
    "predict",
    "report",
    "score",
    "train",
]


def __getattr__(name: str) -> object:
    """What needs another library is imported once it is asked for."""
    import importlib

    if name in ("datafusion", "ray", "spark"):
        return importlib.import_module(f".{name}", __name__)
    if name == "CheckpointReports":
        return importlib.import_module("._trainer", __name__).CheckpointReports
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
