"""Value: a Python float that remembers how it was computed."""
