"""The tensor engines, one module each, with one set of names."""
