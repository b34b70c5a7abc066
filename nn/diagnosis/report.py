"""What a diagnosis says: findings, and numbers layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nn.table import Table


class Finding(NamedTuple):
    """One thing that keeps a model from learning: its kind, the place, what shows it, and what to do."""

    kind: str
    place: str
    evidence: str
    cure: str


class Layer(NamedTuple):
    """What came out of a layer, and what came back to it, in root mean squares over the batch."""

    name: str
    kind: str
    output: float
    gradient: float
    #: Of the layer's own weights, the gradient as a part of the weights; None for a layer without.
    share: float | None


class Diagnosis:
    """The findings on a model and a batch, true if there are none, and what flows through each layer.

    ``findings`` are the worst first, ``layers`` in the order of the calls. It prints as two tables, shows as them in a
    notebook, and `plot` draws the layers.
    """

    def __init__(self, findings: Sequence[Finding], layers: Sequence[Layer], loss: float) -> None:
        self.findings = list(findings)
        self.layers = list(layers)
        self.loss = loss

    def __bool__(self) -> bool:
        return not self.findings

    @property
    def kinds(self) -> list[str]:
        """The kinds of the findings, each once."""
        return list(dict.fromkeys(finding.kind for finding in self.findings))

    def table(self) -> Table:
        """The findings as a table."""
        return Table(["finding", "where", "evidence", "cure"], self.findings, foot=f"loss {self.loss:.4g}")

    def layer_table(self) -> Table:
        """The layers as a table: what came out, what came back, and how large a step would be beside the weights."""
        rows = [
            [x.name, x.kind, f"{x.output:.3g}", f"{x.gradient:.2e}", "" if x.share is None else f"{x.share:.2e}"]
            for x in self.layers
        ]
        header = ["layer", "kind", "output", "gradient", "of weights"]
        return Table(header, rows, right=header[2:])

    def __str__(self) -> str:
        found = str(self.table()) if self.findings else f"nothing found, loss {self.loss:.4g}"
        return f"{found}\n\n{self.layer_table()}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        found = self.table()._repr_html_() if self.findings else f"<p>nothing found, loss {self.loss:.4g}</p>"
        return found + self.layer_table()._repr_html_()

    def plot(self, axes: Any = None) -> Any:
        """What comes out of each layer and what comes back to it, on a scale of powers, with matplotlib; the figure.

        Layers that something was found of are marked by its kind.

        Raises `ImportError` where matplotlib is not installed.
        """
        try:
            from nn.diagnosis.plot import plot_layers
        except ImportError as error:
            raise ImportError("plot: it draws with matplotlib: pip install matplotlib") from error

        return plot_layers(self.layers, self.findings, axes)
