"""What PyTorch has by another name, for those who type it from memory."""

from __future__ import annotations

#: How a loss of PyTorch is written here, by the name of its module.
LOSSES = {
    "MSELoss": "nn.mse(prediction, target)",
    "L1Loss": "nn.l1(prediction, target)",
    "HuberLoss": "nn.huber(prediction, target, delta=delta)",
    "SmoothL1Loss": "nn.huber(prediction, target, delta=beta) / beta",
    "CrossEntropyLoss": "nn.cross_entropy(scores, target), with the classes along the last axis",
    "NLLLoss": "nn.nll(log_probabilities, target), with the classes along the last axis",
    "BCELoss": "nn.bce(prediction, target)",
    "BCEWithLogitsLoss": "nn.bce_with_logits(logits, target)",
    "MultiLabelSoftMarginLoss": "nn.bce_with_logits(logits, target)",
    "SoftMarginLoss": "nn.bce_with_logits(logits, (target + 1) / 2)",
    "KLDivLoss": "nn.kl_divergence(log_probabilities, target)",
    "MultiMarginLoss": "nn.multiclass_hinge(scores, target) / classes",
    "CosineEmbeddingLoss": "nn.cosine(first, second, target)",
    "HingeEmbeddingLoss": "autograd.mean(autograd.where(target == 1, distance, autograd.relu(margin - distance)))",
    "MarginRankingLoss": "autograd.mean(autograd.relu(margin - target * (first - second)))",
    "PoissonNLLLoss": "autograd.mean(autograd.exp(log_rate) - target * log_rate)",
    "GaussianNLLLoss": "autograd.mean(autograd.log(var) + (prediction - target) ** 2 / var) / 2",
}

#: The same of its functions, whose names are not the same words.
FUNCTIONS = {
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "kl_div": "KLDivLoss",
    "nll_loss": "NLLLoss",
    "poisson_nll_loss": "PoissonNLLLoss",
    "gaussian_nll_loss": "GaussianNLLLoss",
    "mse_loss": "MSELoss",
    "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss",
}

OF_ONES_OWN = "write its update in a class of your own, of nn.Optimizer"

#: The same of optimisers, of schedules, and of what clips gradients.
OPTIMISERS = {
    "RMSprop": "write nn.RMSProp",
    **dict.fromkeys(("Adamax", "NAdam", "RAdam", "SparseAdam", "Adafactor"), f"use nn.Adam, or {OF_ONES_OWN}"),
    **dict.fromkeys(("ASGD", "Rprop", "LBFGS", "Muon"), f"use nn.SGD with momentum, or {OF_ONES_OWN}"),
    "clip_grad_norm_": "write nn.clip_grad_norm",
    "clip_grad_value_": "write nn.clip_grad_value",
    "lr_scheduler": "schedules are in nn, as nn.StepLR, and in nn.optim.lr_scheduler",
    **dict.fromkeys(("LRScheduler", "_LRScheduler"), "write nn.Schedule"),
    **dict.fromkeys(("MultiplicativeLR", "CyclicLR"), "use nn.LambdaLR, of a function of the number of steps"),
}

#: What else is written otherwise here.
OTHERS = {
    "MultiheadAttention": "write nn.MultiHeadAttention, whose batches come first",
    "RNN": "call nn.RNNCell for each step of a sequence",
    "GRU": "call nn.GRUCell for each step of a sequence",
    "LSTM": "call nn.LSTMCell for each step of a sequence",
    "ModuleList": "a list of Modules is one, as in self.blocks = [nn.Linear(2, 3), nn.Tanh()]",
    "ModuleDict": "a dict of Modules is one, as in self.heads = {'left': nn.Linear(2, 3)}",
    "ParameterList": "write nn.Parameter of a list",
    "ParameterDict": "write nn.Parameter of a dict",
    "utils": "gradients are clipped by nn.clip_grad_norm and nn.clip_grad_value",
    "functional": "losses are in nn, as nn.cross_entropy, and activations in autograd, as autograd.relu",
}


def no_such(name: str, module: str = "nn") -> str:
    """What to say of a name that is not in a module, with what to write in its place.

    >>> no_such("LSTM")
    "module 'nn' has no attribute 'LSTM': call nn.LSTMCell for each step of a sequence"
    """
    wrong = f"module {module!r} has no attribute {name!r}"
    for cures in (OTHERS, OPTIMISERS):
        if name in cures:
            return f"{wrong}: {cures[name]}"
    kind = FUNCTIONS.get(name) or (as_module(name) if name.endswith("_loss") else name)
    if kind in LOSSES:
        return f"{wrong}: losses are functions, with settings by name: write {LOSSES[kind]}"
    if kind.endswith("Loss"):
        return f"{wrong}: it has no such loss; a loss is any function of prediction and target, as of autograd's own"
    return wrong


def as_module(function: str) -> str:
    """The name of the module of a loss, by that of its function.

    >>> as_module("smooth_l1_loss")
    'SmoothL1Loss'
    """
    return "".join([word.capitalize() for word in function.split("_")])
