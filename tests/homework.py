"""Homework: NumPy programs as people write them for courses, each right as it stands, and with faults put into it."""

from __future__ import annotations

from typing import NamedTuple

DATA = """
import numpy as np
rng = np.random.default_rng(0)
"""

TWO_LAYERS = (
    DATA
    + """
def two_layer_net(X, y, W1, b1, W2, b2, reg=0.1):
    N = X.shape[0]
    z = X.dot(W1) + b1
    h = np.maximum(0, z)
    scores = h.dot(W2) + b2
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p /= np.sum(p, axis=1, keepdims=True)
    loss = np.sum(-np.log(p[np.arange(N), y])) / N
    loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    grads = {}
    ds = p.copy()
    ds[np.arange(N), y] -= 1
    ds /= N
    grads['W2'] = h.T.dot(ds) + reg * W2
    grads['b2'] = np.sum(ds, axis=0)
    dh = ds.dot(W2.T)
    dh[z <= 0] = 0
    grads['W1'] = X.T.dot(dh) + reg * W1
    grads['b1'] = np.sum(dh, axis=0)
    return loss, grads
X, y = rng.normal(size=(5, 4)), np.array([0, 2, 1, 2, 0])
audit = [(two_layer_net, None, X, y, rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=(6, 3)),
          rng.normal(size=3))]
"""
)

NOTE_4 = (
    DATA
    + """
def sigma(x):
    return 1 / (1 + np.exp(-x))
def loss(x, y, w1, w2, w3, w4, b1, b2):
    net_h1 = w1 * x + b1
    net_h2 = w2 * x + b1
    net_o = w3 * sigma(net_h1) + w4 * sigma(net_h2) + b2
    return 0.5 * (y - sigma(net_o)) ** 2
def gradients(x, y, w1, w2, w3, w4, b1, b2):
    out_h1, out_h2 = sigma(w1 * x + b1), sigma(w2 * x + b1)
    out_o = sigma(w3 * out_h1 + w4 * out_h2 + b2)
    delta_o = -(y - out_o) * out_o * (1 - out_o)
    delta_h1 = w3 * delta_o * out_h1 * (1 - out_h1)
    delta_h2 = w4 * delta_o * out_h2 * (1 - out_h2)
    return {'dw3': delta_o * out_h1, 'dw4': delta_o * out_h2, 'db2': delta_o,
            'dw1': delta_h1 * x, 'dw2': delta_h2 * x, 'db1': delta_h1 + delta_h2}
audit = [(loss, gradients, 0.5, 1.0, 0.15, 0.2, 0.25, 0.3, 0.35, 0.6)]
"""
)

NOTE_1 = (
    DATA
    + """
class NeuralNetwork:
    def __init__(self, num_inputs, num_hidden_layers, num_hidden_units, num_outputs):
        sizes = [num_inputs] + [num_hidden_units] * num_hidden_layers + [num_outputs]
        self.weights = [rng.normal(size=(m, n)) for m, n in zip(sizes[:-1], sizes[1:])]
        self.biases = [rng.normal(size=n) for n in sizes[1:]]
    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
    def sigmoid_derivative(self, out):
        return out * (1 - out)
    def forward(self, X):
        self.outputs = [X]
        for W, b in zip(self.weights, self.biases):
            net = self.outputs[-1] @ W + b
            self.outputs.append(self.sigmoid(net))
        return self.outputs[-1]
    def backward(self, X, y, output, learning_rate):
        delta = (output - y) * self.sigmoid_derivative(output)
        for i in range(len(self.weights) - 1, -1, -1):
            dW, db = self.outputs[i].T @ delta, delta.sum(axis=0)
            delta = (delta @ self.weights[i].T) * self.sigmoid_derivative(self.outputs[i])
            self.weights[i] -= learning_rate * dW
            self.biases[i] -= learning_rate * db
    def train(self, X, y, learning_rate, epochs):
        for _ in range(epochs):
            self.backward(X, y, self.forward(X), learning_rate)
    def predict(self, X):
        return np.round(self.forward(X))
X, y = rng.normal(size=(4, 2)), np.array([[0.0], [1.0], [1.0], [0.0]])
audit = [(NeuralNetwork(2, LAYERS, 3, 1), None, X, y)]
"""
)

AFFINE = (
    DATA
    + """
def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
x, w, b = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 4)), rng.normal(size=4)
"""
)

TANH = (
    DATA
    + """
def tanh_forward(x):
    out = np.tanh(x)
    return out, out
def tanh_backward(dout, cache):
    dx = dout * (1 - cache ** 2)
    return dx
"""
)

POOL = (
    DATA
    + """
def pool_forward(x, size, stride):
    N, H, W = x.shape
    rows, columns = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.zeros((N, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i*stride:i*stride+size, j*stride:j*stride+size]
            out[:, i, j] = window.max(axis=(1, 2))
    return out, (x, size, stride)
def pool_backward(dout, cache):
    x, size, stride = cache
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for i in range(dout.shape[1]):
            for j in range(dout.shape[2]):
                window = x[n, i*stride:i*stride+size, j*stride:j*stride+size]
                k, l = np.unravel_index(window.argmax(), window.shape)
                dx[n, i*stride + k, j*stride + l] += dout[n, i, j]
    return dx
audit = [(pool_forward, pool_backward, rng.normal(size=(2, 5, 5)), 3, 1)]
"""
)

CHANNELS = (
    DATA
    + """
def pool_forward(x, size):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H - size + 1, W - size + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.max(x[:, :, i:i+size, j:j+size], axis=(2, 3))
    return out, (x, size)
def pool_backward(dout, cache):
    x, size = cache
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i:i+size, j:j+size]
                    dx[n, c, i:i+size, j:j+size] += (window == window.max()) * dout[n, c, i, j]
    return dx
audit = [(pool_forward, pool_backward, rng.normal(size=(2, 2, 5, 5)), 3)]
"""
)

REGRESSION = (
    DATA
    + """
def loss(w, b, X, y):
    return np.mean((X @ w + b - y) ** 2)
def grad(w, b, X, y):
    error = X @ w + b - y
    dw = 2 * X.T @ error / len(y)
    db = 2 * error.mean()
    return dw, db
w, b, X, y = rng.normal(size=3), 0.5, rng.normal(size=(7, 3)), rng.normal(size=7)
"""
)

SVM = (
    DATA
    + """
def svm_loss(W, X, y, reg):
    dW = np.zeros(W.shape)
    loss = 0.0
    N = X.shape[0]
    for i in range(N):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / N + reg * np.sum(W * W)
    dW = dW / N + 2 * reg * W
    return loss, dW
W, X, y, reg = rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), np.array([0, 1, 2, 1, 0]), 0.05
"""
)

LAYERS = (
    DATA
    + """
class Dense:
    def __init__(self):
        self.W, self.b = rng.normal(size=(3, 2)), rng.normal(size=2)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
audit = [(Dense(), None, rng.normal(size=(4, 3)))]
"""
)

NORM = (
    DATA
    + """
def batchnorm_forward(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(axis=0), x.var(axis=0)
    hat = (x - mean) / np.sqrt(var + eps)
    return gamma * hat + beta, (hat, gamma, var, eps)
def batchnorm_backward(dout, cache):
    hat, gamma, var, eps = cache
    dgamma = (dout * hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dhat = dout * gamma
    dx = (dhat - dhat.mean(axis=0) - hat * (dhat * hat).mean(axis=0)) / np.sqrt(var + eps)
    return dx, dgamma, dbeta
"""
)

LOGISTIC = (
    DATA
    + """
def cost_function(theta, X, y):
    h = 1 / (1 + np.exp(-X @ theta))
    return -(y * np.log(h) + (1 - y) * np.log(1 - h)).mean()
def compute_gradient(theta, X, y):
    h = 1 / (1 + np.exp(-X @ theta))
    return X.T @ (h - y) / len(y)
theta, X, y = rng.normal(size=3), rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])
"""
)

BLOG = (
    DATA
    + """
class Net:
    def __init__(self):
        self.W1, self.W2 = rng.normal(size=(2, 4)), rng.normal(size=(4, 1))
    def forward(self, X):
        self.z = X.dot(self.W1)
        self.a = np.tanh(self.z)
        return self.a.dot(self.W2)
    def backward(self, X, y, o):
        error = y - o
        delta = error.dot(self.W2.T) * (1 - self.a ** 2)
        self.W2 += self.a.T.dot(error)
        self.W1 += X.T.dot(delta)
audit = [(Net(), None, rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))]
"""
)

DROPOUT = (
    DATA
    + """
def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    mask, out = None, None
    if mode == 'train':
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == 'test':
        out = x
    return out.astype(x.dtype, copy=False), (dropout_param, mask)
def dropout_backward(dout, cache):
    dropout_param, mask = cache
    dx = dout * mask if dropout_param['mode'] == 'train' else dout
    return dx
audit = [(dropout_forward, dropout_backward, rng.normal(size=(4, 5)), {'p': 0.5, 'mode': 'train', 'seed': 3})]
"""
)

NOISE = (
    DATA
    + """
class Noisy:
    def __init__(self):
        self.W = rng.normal(size=(3, 2))
    def forward(self, x):
        noise = np.random.default_rng(1)
        self.mask = noise.random(x.shape) < 0.7
        self.x = x * self.mask + noise.normal(0.0, 0.1, size=x.shape)
        out = np.zeros((len(x), 2))
        for i in range(len(x)):
            out[i] = self.x[i] @ self.W
        return out
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T * self.mask
audit = [(Noisy(), None, rng.normal(size=(4, 3)))]
"""
)

FORGOTTEN = (
    DATA
    + """
def net(p, x):
    e = x @ p["W"] + p["b"]
    return np.mean(e ** 2), {"W": 2 * x.T @ e / e.size, "b": 2 * e.sum(axis=0) / e.size}
audit = [(net, None, {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2), "X": np.ones(2)}, rng.normal(size=(4, 3)))]
"""
)

PARAMS = (
    DATA
    + """
class TwoLayerNet:
    def __init__(self):
        self.params = {"W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4)}
        self.params |= {"W2": rng.normal(size=(4, 2)), "b2": rng.normal(size=2)}
        self.running_mean, self.shift = np.zeros(3), np.array([0.5, 0.25, -1.0])
        self.reg = 0.1
    def loss(self, X, y=None):
        p = self.params
        self.running_mean = 0.9 * self.running_mean + 0.1 * X.mean(axis=0)
        h = np.tanh((X - self.shift) @ p["W1"] + p["b1"])
        e = h @ p["W2"] + p["b2"] - y
        grads = {"W2": h.T @ e + self.reg * p["W2"], "b2": e.sum(axis=0)}
        back = (e @ p["W2"].T) * (1 - h * h)
        grads["W1"] = (X - self.shift).T @ back + self.reg * p["W1"]
        grads["b1"] = back.sum(axis=0)
        return 0.5 * np.sum(e ** 2) + 0.5 * self.reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2)), grads
audit = [(TwoLayerNet(), None, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))]
"""
)

UPDATING = (
    DATA
    + """
class Net:
    def __init__(self):
        self.W1, self.b1 = rng.normal(size=(3, 4)), rng.normal(size=4)
        self.W2, self.b2 = rng.normal(size=(4, 2)), rng.normal(size=2)
        self.input, self.momentum, self.velocity = None, 0.9, np.zeros((3, 4))
        self.input_mean, self.input_std = np.full(3, 0.125), np.full(3, 2.0)
    def forward(self, X):
        self.input = (X - self.input_mean) / self.input_std
        self.h = np.tanh(self.input @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2
    def backward(self, X, y, out, lr):
        delta = out - y
        back = (delta @ self.W2.T) * (1 - self.h ** 2)
        self.W2 -= lr * self.h.T @ delta
        self.b2 -= lr * delta.sum(axis=0)
        self.W1 -= lr * self.input.T @ back
        self.b1 -= lr * back.sum(axis=0)
audit = [(Net(), None, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))]
"""
)

STACK = (
    DATA
    + """
class Dense:
    def __init__(self, m, n):
        self.W, self.b = rng.normal(size=(m, n)), rng.normal(size=n)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T
class Stack:
    def __init__(self):
        self.layers = [Dense(3, 4), Dense(4, 2)]
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
audit = [(Stack(), None, rng.normal(size=(5, 3)))]
"""
)

TELLING = (
    DATA
    + """
class Net:
    def __init__(self):
        self.W1, self.W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    def forward(self, X):
        self.h = np.tanh(X @ self.W1)
        return self.h @ self.W2
    def train_step(self, X, y, learning_rate=0.1):
        out = self.forward(X)
        delta = 2 * (out - y) / out.size
        back = (delta @ self.W2.T) * (1 - self.h ** 2)
        self.W2 -= learning_rate * self.h.T @ delta
        self.W1 -= learning_rate * X.T @ back
        return np.mean((out - y) ** 2)
audit = [(Net(), None, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))]
"""
)

RIGHT = {
    "two layers": TWO_LAYERS,
    "note 4": NOTE_4,
    "note 1, one hidden layer": NOTE_1.replace("LAYERS", "1"),
    "note 1, two hidden layers": NOTE_1.replace("LAYERS", "2"),
    "affine": AFFINE,
    "tanh": TANH,
    "pool": POOL,
    "pool of channels": CHANNELS,
    "regression": REGRESSION,
    "svm": SVM,
    "dense": LAYERS,
    "batch norm": NORM,
    "logistic": LOGISTIC,
    "blog": BLOG,
    "dropout": DROPOUT,
    "noise": NOISE,
    "parameters in a dict": FORGOTTEN,
    "params of a class": PARAMS,
    "a class that updates itself": UPDATING,
    "a stack of layers": STACK,
    "a step that returns its loss": TELLING,
    "a step that returns the loss behind it": TELLING.replace("np.mean((out", "np.mean((self.forward(X)"),
    "a step that returns how many are right": TELLING.replace("((out - y) ** 2)", "((out > 0) == (y > 0))"),
    "a step of a kept rate": TELLING.replace("def __init__(self):", "def __init__(self, lr=0.1):\n        self.lr = lr")
    .replace(", learning_rate=0.1", "")
    .replace("learning_rate", "self.lr")
    .replace("np.mean((out", "np.mean((self.forward(X)"),
    "float32": REGRESSION.replace("rng.normal(size=3), 0.5", "rng.normal(size=3).astype(np.float32), np.float32(0.5)"),
}


class Fault(NamedTuple):
    """One line that is wrong: of which parameters the gradient is then wrong, which side is, and what is said of it."""

    name: str
    program: str
    line: str
    instead: str
    wrong: set[str]
    side: str
    says: str


FAULTS = [
    Fault("half of the batch's mean", TELLING, "/ out.size", "/ len(y)", {"W1", "W2"}, "gradient", "twice too large"),
    Fault("a loss without its mean", TELLING, "np.mean((", "np.sum((", {"W1", "W2"}, "loss", "10"),
    Fault("b not returned", FORGOTTEN, ', "b": 2 * e.sum(axis=0) / e.size}', "}", {"b"}, "gradient", ""),
    Fault("b is None", FORGOTTEN, "2 * e.sum(axis=0) / e.size", "None", {"b"}, "gradient", ""),
    Fault("b1 is None", TWO_LAYERS, "= np.sum(dh, axis=0)", "= None", {"b1"}, "gradient", ""),
    Fault("b1 forgotten", TWO_LAYERS, "    grads['b1'] = np.sum(dh, axis=0)\n", "", {"b1"}, "gradient", ""),
    Fault(
        "b1 deleted",
        PARAMS,
        "        return 0.5",
        "        del grads['b1']\n        return 0.5",
        {"b1"},
        "gradient",
        "",
    ),
    Fault("b2 not updated", UPDATING, "        self.b2 -= lr * delta.sum(axis=0)\n", "", {"b2"}, "gradient", ""),
    Fault(
        "db not kept",
        STACK,
        "self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)",
        "self.dW = self.x.T @ dout",
        {"layers[0].b", "layers[1].b"},
        "gradient",
        "",
    ),
    Fault("affine without db", AFFINE, "return dx, dw, db", "return dx, dw", {"b"}, "gradient", ""),
    Fault("no mean", TWO_LAYERS, "    ds /= N\n", "", {"W1", "b1", "W2", "b2"}, "gradient", "5 times too large"),
    Fault(
        "mask forgotten",
        TWO_LAYERS,
        "    dh[z <= 0] = 0\n",
        "",
        {"W1", "b1"},
        "gradient",
        "derivative of it is forgotten",
    ),
    Fault(
        "bias regularised",
        TWO_LAYERS,
        "np.sum(dh, axis=0)",
        "np.sum(dh, axis=0) + reg * b1",
        {"b1"},
        "gradient",
        "Σb1²",
    ),
    Fault("not regularised", TWO_LAYERS, "X.T.dot(dh) + reg * W1", "X.T.dot(dh)", {"W1"}, "gradient", "lacks it"),
    Fault(
        "loss without regulariser",
        TWO_LAYERS,
        "    loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))\n",
        "",
        {"W1", "W2"},
        "loss",
        "which the loss lacks",
    ),
    Fault("W Wᵀ", TWO_LAYERS, "np.sum(W2 ** 2)", "np.sum(W2 @ W2.T)", {"W2"}, "loss", "Σ W2·W2ᵀ"),
    Fault("loss without mean", TWO_LAYERS, "y])) / N", "y]))", {"W1", "b1", "W2", "b2"}, "loss", "1/5"),
    Fault(
        "regularised twice", TWO_LAYERS, "(ds) + reg * W2", "(ds) + 2 * reg * W2", {"W2"}, "gradient", "twice too large"
    ),
    Fault(
        "no sum over the batch", TWO_LAYERS, "np.sum(ds, axis=0)", "ds", {"b2"}, "gradient", "the sum over the batch"
    ),
    Fault(
        "one element",
        TWO_LAYERS,
        "    return loss",
        "    grads['W1'][2, 3] *= 1 + 1e-6\n    return loss",
        {"W1"},
        "gradient",
        "",
    ),
    Fault(
        "note 4, its own forward",
        NOTE_4,
        "net_h2 = w2 * x + b1",
        "net_h2 = w2 * x + b2",
        {"w1", "w2", "w3", "w4", "b1", "b2"},
        "loss",
        "b1 in the place of b2",
    ),
    Fault(
        "note 4, sign",
        NOTE_4,
        "delta_o = -(y",
        "delta_o = (y",
        {"w1", "w2", "w3", "w4", "b1", "b2"},
        "gradient",
        "sign",
    ),
    Fault(
        "note 4, chain",
        NOTE_4,
        "w4 * delta_o * out_h2 * (1 - out_h2)",
        "w4 * delta_o",
        {"w2", "b1"},
        "gradient",
        "forgotten",
    ),
    Fault(
        "note 1, derivative",
        NOTE_1.replace("LAYERS", "2"),
        "self.sigmoid_derivative(self.outputs[i])",
        "self.sigmoid_derivative(self.sigmoid(self.outputs[i]))",
        {"weights[0]", "weights[1]", "biases[0]", "biases[1]"},
        "gradient",
        "σ' is taken at the output",
    ),
    Fault(
        "transposed",
        AFFINE,
        "x.reshape(x.shape[0], -1).T @ dout",
        "dout.T @ x.reshape(x.shape[0], -1)",
        {"w"},
        "gradient",
        "transposed",
    ),
    Fault(
        "cotangent ignored",
        TANH,
        "dout * (1 - cache ** 2)",
        "1 - cache ** 2",
        {"x"},
        "gradient",
        "cotangent is ignored",
    ),
    Fault("cotangent averaged", TANH, "dout * (", "dout.mean() * (", {"x"}, "gradient", "averaged"),
    Fault("derivative forgotten", TANH, "dout * (1 - cache ** 2)", "dout", {"x"}, "gradient", "forgotten"),
    Fault("square forgotten", TANH, "cache ** 2", "cache", {"x"}, "gradient", "the square"),
    Fault("= for += of whole windows", CHANNELS, "+= (window", "= (window", {"x"}, "gradient", "= where += is due"),
    Fault("= for += in a pool", POOL, "l] += dout", "l] = dout", {"x"}, "gradient", "= where += is due"),
    Fault("half", REGRESSION, "db = 2 *", "db =", {"b"}, "gradient", "half of it"),
    Fault("regression, no mean", REGRESSION, " / len(y)", "", {"w"}, "gradient", "7 times too large"),
    Fault("= for += over samples", SVM, "dW[:, j] += X[i]", "dW[:, j] = X[i]", {"W"}, "", ""),
    Fault("svm, penalty", SVM, "2 * reg * W", "reg * W", {"W"}, "gradient", "half of it"),
    Fault(
        "kept gradient", LAYERS, "self.dW = self.x.T @ dout", "self.dW = -self.x.T @ dout", {"W"}, "gradient", "sign"
    ),
    Fault("batch norm", NORM, " - hat * (dhat * hat).mean(axis=0)", "", {"x"}, "gradient", ""),
    Fault("logistic, sign", LOGISTIC, "(h - y)", "(y - h)", {"theta"}, "gradient", "sign"),
    Fault("dropout, mask forgotten", DROPOUT, "dout * mask if", "dout if", {"x"}, "gradient", "forgotten"),
    Fault("noise, mask forgotten", NOISE, " * self.mask\naudit", "\naudit", {"x"}, "gradient", ""),
    Fault("blog", BLOG, "(1 - self.a ** 2)", "(1 - self.z ** 2)", {"W1"}, "gradient", "in the place of the output"),
]
