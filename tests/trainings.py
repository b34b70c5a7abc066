"""What of nn takes plain data and files, as training does: the tests of those give it bad input."""

from __future__ import annotations

OF_TRAINING = (
    "Callback",
    "Diverged",
    "EarlyStopping",
    "History",
    "Record",
    "Run",
    "accuracy",
    "batches",
    "diagnose",
    "evaluate",
    "fit",
    "load",
    "load_torch_state_dict",
    "save",
    "torch_state_dict",
)
