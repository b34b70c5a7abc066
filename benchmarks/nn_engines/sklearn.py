"""scikit-learn's own MLPClassifier: written out by hand in NumPy, for this kind of network alone."""

from __future__ import annotations

import time
import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

EPOCHS = 10


def seconds_an_epoch(x: Any, y: Any, size: int) -> float:
    """Of one training of several epochs."""
    model = MLPClassifier((128,), batch_size=size, max_iter=EPOCHS, tol=0.0, n_iter_no_change=EPOCHS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(x, y)
    seconds: float = (time.perf_counter() - start) / model.n_iter_
    return seconds
