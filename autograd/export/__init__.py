"""A graph or a timeline as text that other programs read: JSON and Mermaid.

>>> import autograd
>>> x = autograd.Value(3.0, label="x")
>>> print(to_mermaid(autograd.Graph.of(x * x)))
flowchart LR
  n0("x<br/>3<br/>∂ –")
  n1["f = x · x<br/>9<br/>∂ –"]
  n0 --> n1
  n0 --> n1
  style n1 stroke-width:3px
"""

from autograd.export.forms import Form, forms, written_names
from autograd.export.mermaid import to_mermaid
from autograd.export.trace import to_json

__all__ = ["Form", "forms", "to_json", "to_mermaid", "written_names"]
