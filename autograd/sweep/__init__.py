"""The way back, whose parts serve the way forward too: one operation, the events over many, and whose turn it is."""
