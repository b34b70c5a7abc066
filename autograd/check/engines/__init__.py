"""Engines: gradients of functions of torch and jax, against a numerical replay of what these compute forward."""
