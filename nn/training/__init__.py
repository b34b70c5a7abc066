"""Training: batches, the loop, what it remembers, and checkpoints that it resumes from."""

from nn.training.batches import batches
from nn.training.callbacks import Callback, EarlyStopping, Record
from nn.training.evaluation import evaluate
from nn.training.files import load, save
from nn.training.fit import fit
from nn.training.history import History
from nn.training.metrics import accuracy
from nn.training.run import Diverged, Run

__all__ = [
    "Callback",
    "Diverged",
    "EarlyStopping",
    "History",
    "Record",
    "Run",
    "accuracy",
    "batches",
    "evaluate",
    "fit",
    "load",
    "save",
]
