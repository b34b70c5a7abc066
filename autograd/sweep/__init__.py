"""The way back: what one operation does there, the sweep of events over many, and whose turn it is."""
