"""Audits of gradients that were written by hand: which one is wrong, where, by what factor, and which side is."""
