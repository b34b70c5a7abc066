"""What of nn takes plain data and files, as training does: the tests of those give it bad input."""

from __future__ import annotations

import nn.training

OF_TRAINING = (*nn.training.__all__, "diagnose", "load_torch_state_dict", "torch_state_dict")
