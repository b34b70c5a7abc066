"""What ``stepgrad audit`` finds in a file: by what is returned, with inputs that the code says enough about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from homework import DATA, DROPOUT, PARAMS, TELLING

from autograd.check import audit_file
from viz.command.cli import main

COST = (
    DATA
    + """
def net_cost(w, x, y):
    e = x @ w - y
    RETURN
w, x, y = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)
"""
)

#: What may stand behind a loss.
RETURNED = {
    "a name": "g = {'w': 2 * x.T @ e}; loss = np.sum(e ** 2); return loss, g",
    "nabla": "nabla_w = 2 * x.T @ e; return np.sum(e ** 2), nabla_w",
    "d": "J = np.sum(e ** 2); dw = 2 * x.T @ e; return J, dw",
    "expressions": "return np.sum(e ** 2), 2 * x.T @ e",
    "a dict": "return np.sum(e ** 2), {'w': 2 * x.T @ e}",
    "a dict of gradients": "return np.sum(e ** 2), {'dw': 2 * x.T @ e}",
    "a tuple": "return np.sum(e ** 2), (2 * x.T @ e, 2 * e[:, None] * w)",
    "a call": "grad = lambda: 2 * x.T @ e; total = np.sum(e ** 2); return total, grad()",
}

#: What is no loss with its gradient.
OTHERS = {
    "a cache": "return x @ w, (x, w)",
    "an accuracy": "loss = np.sum(e ** 2); accuracy = np.mean(e > 0); return loss, accuracy",
    "parameters": "cost = np.sum(e ** 2); params = {'w': w - e.sum()}; return cost, params",
    "parts of data": "return x[:2], x[2:]",
    "two numbers": "return e.min(), e.max()",
    "gradients alone": "dw = 2 * x.T @ e; dx = 2 * e[:, None] * w; return dw, dx",
}


def rows_of(folder: Path, text: str, name: str = "homework.py") -> dict[str, tuple[str, str]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return {row.name: (row.outcome, row.message) for row in audit_file(str(path))}


@pytest.mark.parametrize("name", RETURNED)
def test_functions_are_found_by_what_they_return(name: str, tmp_path: Path) -> None:
    text = COST.replace("RETURN", RETURNED[name])
    assert {key: outcome for key, (outcome, _) in rows_of(tmp_path, text).items()} == {"net_cost": "right"}
    wrong = rows_of(tmp_path, text.replace("2 * x.T", "3 * x.T"))
    assert wrong["net_cost"][0] == "wrong"


@pytest.mark.parametrize("name", OTHERS)
def test_other_functions_are_left_alone(name: str, tmp_path: Path) -> None:
    assert rows_of(tmp_path, COST.replace("RETURN", OTHERS[name])) == {}


def test_what_says_that_it_gives_gradients_and_cannot_be_run_says_why(tmp_path: Path) -> None:
    text = COST.replace("RETURN", RETURNED["a dict"]).replace("(w, x, y):", "(w, x, y, strange):")
    outcome, message = rows_of(tmp_path, text)["net_cost"]
    assert outcome == "not checked"
    assert message == "no value for 'strange': give it in the file, as strange = np.array(…)"


def test_a_dict_says_what_to_audit(tmp_path: Path) -> None:
    text = COST.replace("RETURN", RETURNED["expressions"])
    text += "audit = {'cost': (net_cost, None, w, x, y), 'other': 3}\n"
    rows = rows_of(tmp_path, text)
    assert rows["cost"][0] == "right"
    assert rows["other"][0] == "not checked"


def test_a_message_has_one_cure(tmp_path: Path) -> None:
    text = COST.replace("RETURN", "return e") + "def net_cost_grad(a, b, c, d, e): return a\n"
    outcome, message = rows_of(tmp_path, text)["net_cost"]
    assert outcome == "not checked"
    assert message.endswith(": write audit = [(f, gradient, *inputs)], where gradient is None if f returns both")
    assert "wrap it" not in message


#: Files without variables: the code says what its inputs are.
GUESSED = {
    "params": """
import numpy as np
def loss(params, X, y):
    h = np.tanh(X @ params["W1"] + params["b1"])
    e = h @ params["W2"] + params["b2"]
    p = np.exp(e) / np.exp(e).sum(axis=1, keepdims=True)
    d = p.copy()
    d[np.arange(len(y)), y] -= 1
    back = (d @ params["W2"].T) * (1 - h ** 2)
    grads = {"W2": h.T @ d, "b2": d.sum(axis=0), "W1": X.T @ back, "b1": back.sum(axis=0)}
    return -np.log(p[np.arange(len(y)), y]).sum(), grads
""",
    "unpacked": """
import numpy as np
def loss(params, X):
    W, b = params
    e = X @ W + b
    return np.sum(e ** 2), [2 * X.T @ e, 2 * e.sum(axis=0)]
""",
    "a state": """
import numpy as np
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return h, (x, prev_h, Wx, Wh, h)
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, h = cache
    d = dnext_h * (1 - h ** 2)
    return d @ Wx.T, d @ Wh.T, x.T @ d, prev_h.T @ d, d.sum(axis=0)
""",
    "settings": DROPOUT[: DROPOUT.index("audit =")],
    "a class": TELLING[: TELLING.index("audit =")],
    "a class with a loss": PARAMS[: PARAMS.index("audit =")],
    "a regression": """
import numpy as np
def compute_cost(X, y, w, b):
    return np.sum((X @ w + b - y) ** 2) / (2 * len(y))
def compute_gradient(X, y, w, b):
    error = X @ w + b - y
    return X.T @ error / len(y), error.mean()
""",
    "a class with its own sizes": """
import numpy as np
class Softmax:
    def __init__(self, input_dim=7, num_classes=3):
        self.params = {"W": 0.1 * np.random.default_rng(0).normal(size=(input_dim, num_classes))}
    def loss(self, X, y=None):
        scores = X @ self.params["W"]
        if y is None:
            return scores
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        d = p.copy()
        d[np.arange(len(y)), y] -= 1
        return -np.log(p[np.arange(len(y)), y]).sum(), {"W": X.T @ d}
""",
}


@pytest.mark.parametrize("name", GUESSED)
def test_inputs_are_guessed_where_the_code_says_enough(name: str, tmp_path: Path) -> None:
    rows = rows_of(tmp_path, GUESSED[name])
    assert [outcome for outcome, _ in rows.values()] == ["right"], rows


def test_else_it_is_said_what_to_give(tmp_path: Path) -> None:
    text = GUESSED["params"].replace("W1", "kernel_1")
    assert rows_of(tmp_path, text)["loss"] == (
        "not checked",
        "no value for 'kernel_1', which is read in 'params': give it in the file, as "
        "params = {'kernel_1': …, 'b1': …, 'W2': …, 'b2': …}",
    )


def test_the_command_says_which_loss_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tmp_path / "told.py"
    told.write_text(TELLING, encoding="utf-8")
    assert main(["audit", str(told)]) == 0
    assert "Net: checked for what Net.train_step returns\n" in capsys.readouterr().out
    told.write_text(TELLING.replace("        return np.mean((out - y) ** 2)\n", ""), encoding="utf-8")
    assert main(["audit", str(told)]) == 0
    assert "Net: checked for half the mean over the rows of (out − y)², the likeliest loss\n" in capsys.readouterr().out


# Notebooks.


def notebook(*cells: str) -> str:
    """As Jupyter saves it, with some text between the cells."""
    found = []
    for text in cells:
        found.append({"cell_type": "markdown", "metadata": {}, "source": ["# Exercise\n", "Do it."]})
        lines = text.splitlines(keepends=True)
        found.append({"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines})
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


IMPORTS = "%matplotlib inline\n!pip install numpy\nimport numpy as np\nnp.dot?\nif True:\n    %time\n"
IMPORTS += "'%s' \\\n    % (3,)\ndisplay(np)\n"
FUNCTION = "%%time\ndef loss(w, x):\n    e = x @ w\n    return np.sum(e ** 2), {'w': 2 * x.T @ e}\n"
VARIABLES = "rng = np.random.default_rng(0)\nw, x = rng.normal(size=3), rng.normal(size=(5, 3))\n"


def test_the_code_of_a_notebook_is_one_module(tmp_path: Path) -> None:
    text = notebook(IMPORTS, "%%bash\nls no such thing\n", FUNCTION, VARIABLES)
    assert {name: outcome for name, (outcome, _) in rows_of(tmp_path, text, "hw.ipynb").items()} == {"loss": "right"}
    assert rows_of(tmp_path, text.replace("2 * x.T", "3 * x.T"), "hw.ipynb")["loss"][0] == "wrong"


def test_lines_of_a_notebook_are_those_of_its_cells(tmp_path: Path) -> None:
    loss = "\ndef loss(w, x):\n    h = np.tanh(x @ w)\n    return np.sum(h ** 2), {'w': 2 * x.T @ h}\n"
    path = tmp_path / "hw.ipynb"
    path.write_text(notebook(IMPORTS, loss, VARIABLES), encoding="utf-8")
    (row,) = audit_file(str(path))
    assert row.outcome == "wrong"
    assert [finding["source"] for finding in row.findings] == ["hw.ipynb cell 2:3  h = np.tanh(x @ w)"]


def test_a_cell_that_stops_does_not_stop_the_others(tmp_path: Path) -> None:
    text = notebook(IMPORTS, "data = load_all()\n", "x = = 2\n", FUNCTION, VARIABLES)
    rows = rows_of(tmp_path, text, "hw.ipynb")
    assert {name: outcome for name, (outcome, _) in rows.items()} == {
        "loss": "right",
        "cell 2": "not checked",
        "cell 3": "not checked",
    }
    assert rows["cell 2"][1].startswith("it stopped with NameError: name 'load_all' is not defined, hw.ipynb cell 2:1")
    assert "SyntaxError" in rows["cell 3"][1]


@pytest.mark.parametrize("text", ["", "3", "{}", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_refused(text: str, tmp_path: Path) -> None:
    ((outcome, message),) = rows_of(tmp_path, text, "hw.ipynb").values()
    assert outcome == "broken"
    assert "expected a notebook of nbformat 4" in message
