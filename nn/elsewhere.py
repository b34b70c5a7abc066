"""What PyTorch has by another name, for those who type it from memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import autograd

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
    "MultiheadAttention": "write nn.MultiHeadAttention, whose batches come first, and need_weights=True for a pair",
    "Unflatten": "write x.reshape(…) in a Module of your own",
    "Softmax2d": "write nn.Softmax(axis=-3)",
    "AdaptiveAvgPool1d": "write autograd.adaptive_avg_pool1d(x, output_size) in forward",
    "AdaptiveAvgPool2d": "write autograd.adaptive_avg_pool2d(x, output_size) in forward",
    "AdaptiveMaxPool1d": "write x.max(axis=-1, keepdims=True) for an output of 1, else nn.MaxPool1d",
    "AdaptiveMaxPool2d": "write x.max(axis=(-2, -1), keepdims=True) for an output of 1, else nn.MaxPool2d",
    "RNN": "call nn.RNNCell for each step of a sequence",
    "GRU": "call nn.GRUCell for each step of a sequence",
    "LSTM": "call nn.LSTMCell for each step of a sequence",
    "ModuleList": "a list of Modules is one, as in self.blocks = [nn.Linear(2, 3), nn.Tanh()]",
    "ModuleDict": "a dict of Modules is one, as in self.heads = {'left': nn.Linear(2, 3)}",
    "ParameterList": "write nn.Parameter of a list",
    "ParameterDict": "write nn.Parameter of a dict",
    "ConvTranspose1d": "hold its weight as nn.Parameter, and write autograd.conv_transpose1d in forward",
    "ConvTranspose2d": "hold its weight as nn.Parameter, and write autograd.conv_transpose2d in forward",
    "InstanceNorm1d": "write nn.GroupNorm(channels, channels, affine=False)",
    "InstanceNorm2d": "write nn.GroupNorm(channels, channels, affine=False)",
    "Upsample": "write autograd.repeat(autograd.repeat(x, k, axis=-2), k, axis=-1) in forward",
    "UpsamplingNearest2d": "write autograd.repeat(autograd.repeat(x, k, axis=-2), k, axis=-1) in forward",
    "ZeroPad2d": "write autograd.pad(x, widths) in forward",
    "TransformerEncoderLayer": "make it of nn.MultiHeadAttention, nn.LayerNorm and nn.Linear",
    "LazyLinear": "write nn.Linear, with the number of what comes in",
    "scaled_dot_product_attention": "use nn.MultiHeadAttention",
    "one_hot": "write np.eye(classes)[labels]",
    "dropout": "use nn.Dropout",
    "utils": "gradients are clipped by nn.clip_grad_norm and nn.clip_grad_value",
    "functional": "losses are in nn, as nn.cross_entropy, and activations in autograd, as autograd.relu",
}


ON_CPU = "leave it out, all numbers are NumPy's, on the CPU"

#: What a Module of PyTorch has.
MODULES: Mapping[str, str] = {
    "register_buffer": "write self.name = Buffer(…)",
    "register_parameter": "write self.name = Parameter(…)",
    "add_module": "write self.name = …, or append to a list that it holds",
    "register_module": "write self.name = …, or append to a list that it holds",
    "apply": "write a loop: for module in model.modules(): …",
    "children": "use modules() or named_modules(), which give all that it holds",
    "named_children": "use modules() or named_modules(), which give all that it holds",
    "buffers": "use named_buffers()",
    "get_parameter": "use dict(model.named_parameters())[name]",
    "get_submodule": "use dict(model.named_modules())[name]",
    "register_forward_hook": "use nn.watching, which is told of each call",
    **dict.fromkeys(("to", "cpu", "cuda"), f"{ON_CPU}; for another dtype there is to_tensors(dtype)"),
    "double": "use to_tensors(np.float64), which gives a copy",
    "float": "use to_tensors(np.float32), which gives a copy",
    "half": "use to_tensors(np.float16), which gives a copy",
}


#: Initialisers, whose names end with an underscore there, as they write into what there is.
INITIALISERS: Mapping[str, str] = {
    **{
        f"{name}_": f"assign what the one without it gives: layer.weight = nn.init.{name}(layer.weight.shape, rng)"
        for name in ("kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "xavier_normal", "xavier_uniform")
    },
    "uniform_": "layer.weight = nn.init.uniform(layer.weight.shape, rng, limit=0.1), from -0.1 to 0.1",
    "zeros_": "layer.bias = np.zeros(layer.bias.shape)",
    "ones_": "layer.weight = np.ones(layer.weight.shape)",
    "constant_": "layer.bias = np.full(layer.bias.shape, 0.1)",
}


#: Settings of PyTorch that have another name here; of several, that which is there is meant.
RENAMED: Mapping[str, tuple[str, ...]] = {
    "dim": ("axis",),
    "keepdim": ("keepdims",),
    "negative_slope": ("alpha",),
    "params": ("parameters",),
    "input": ("prediction", "scores", "logits", "log_probabilities", "x", "query"),
    "input1": ("first",),
    "input2": ("second",),
    "min_value": ("min_val",),
    "max_value": ("max_val",),
    "hx": ("h", "state"),
}

BY_REDUCTION = "write reduction='mean', 'sum' or 'none'"

#: Settings of PyTorch that are not here, by their name, or by that of their owner before it.
NOT_HERE: Mapping[str, str] = {
    "validation_data": "validation_data is validation here, a pair as data is",
    "inplace": "leave inplace out, as nothing is computed in place",
    "device": "leave device out, as all numbers are NumPy's, on the CPU",
    "pin_memory": "leave pin_memory out, as all numbers are NumPy's, on the CPU",
    "bias": "freeze it by layer.bias.requires_grad = False, as it begins at zero",
    "batch_first": "leave batch_first out, as batches always come first",
    "need_weights": "write need_weights=True where it is called",
    "dropout": "put nn.Dropout(p) behind it, as it drops nothing of its own",
    "key_padding_mask": "write mask=key_padding_mask[:, None, None], of truths that say what is not looked at",
    "attn_mask": "attn_mask is mask here, of truths that say what is not looked at",
    "average_attn_weights": "take the mean of the weights over the heads, weights.mean(axis=-3)",
    "kdim": "bring keys to embed_dim by nn.Linear first",
    "vdim": "bring values to embed_dim by nn.Linear first",
    "padding_mode": "pad before, as by autograd.pad(x, widths, mode), and give padding=0",
    "return_indices": "nothing gives the places of the largest; take x.argmax(axis) of windows",
    "divisor_override": "scale what it gives",
    "max_norm": "scale the rows of its weight inside no_grad()",
    "scale_grad_by_freq": "scale the gradient of its weight",
    "sparse": "leave sparse out, as gradients are whole arrays",
    "norm_type": "leave norm_type out, as there is no max_norm",
    "_freeze": "write layer.requires_grad_(False) behind it",
    "add_bias_kv": "append a row to the key and to the value",
    "add_zero_attn": "append a row of zeros to the key and to the value",
    "weight": "weight the losses of reduction='none', as by (weight * losses).sum() / weight.sum()",
    "_weight": "write init=lambda shape, rng: weight",
    "threshold": "leave threshold out, as it is exact everywhere",
    "size_average": BY_REDUCTION,
    "reduce": BY_REDUCTION,
    **dict.fromkeys(
        ("foreach", "fused", "capturable", "differentiable"), "leave it out, as it says how a GPU is to be used"
    ),
    "decoupled_weight_decay": "use nn.AdamW",
    "last_epoch": "go on by load_state_dict of what state_dict() gave",
    "verbose": "leave verbose out: a training has progress=False, a schedule get_last_lr()",
    "assign": "leave assign out: the parameters stay, and take the numbers over",
    "prefix": "put it before the names, as by {prefix + name: x for name, x in …}",
    "recurse": "leave recurse out, and ask the Modules that modules() gives",
    "keep_vars": "leave keep_vars out: parameters themselves are those of named_parameters()",
    "lr": "give it to the optimizer, as nn.Adam(model.parameters(), lr=0.01)",
    "shuffle": "samples are drawn anew in each epoch by rng",
    "num_epochs": "write epochs",
}


def argument_cure(owner: str, name: str, taken: Collection[str]) -> str:
    """What to write in the place of an argument of PyTorch, to what takes these; "" where nobody knows.

    >>> argument_cure("Softmax", "dim", ["axis"]), argument_cure("ReLU", "inplace", [])
    ('dim is axis here', 'leave inplace out, as nothing is computed in place')
    """
    for ours in RENAMED.get(name, ()):
        if ours in taken:
            return f"{name} is {ours} here"
    return NOT_HERE.get(name, "")


def missing(owner: str, name: str, cures: Mapping[str, str]) -> str:
    """The same of what something else has.

    >>> missing("Linear", "apply", MODULES)
    "Linear has no attribute 'apply': write a loop: for module in model.modules(): …"
    """
    return f"{owner} has no attribute {name!r}" + (f": {cures[name]}" if name in cures else "")


def no_such(name: str, module: str = "nn") -> str:
    """What to say of a name that is not in a module, with what to write in its place.

    >>> no_such("LSTM")
    "module 'nn' has no attribute 'LSTM': call nn.LSTMCell for each step of a sequence"
    """
    return ": ".join(filter(None, (f"module {module!r} has no attribute {name!r}", cure_of(name))))


def cure_of(name: str) -> str:
    """What to write in the place of a name of PyTorch; "" of a name that it has not, or nobody knows."""
    for cures in (OTHERS, OPTIMISERS):
        if name in cures:
            return cures[name]
    kind = FUNCTIONS.get(name) or (as_module(name) if name.endswith("_loss") else name)
    if kind in LOSSES:
        return f"losses are functions, with settings by name: write {LOSSES[kind]}"
    if kind.endswith("Loss"):
        return "it has no such loss; a loss is any function of prediction and target, as of autograd's own"
    return f"write autograd.{name}" if callable(getattr(autograd, name, None)) else ""


def as_module(function: str) -> str:
    """The name of the module of a loss, by that of its function.

    >>> as_module("smooth_l1_loss")
    'SmoothL1Loss'
    """
    return "".join([word.capitalize() for word in function.split("_")])
