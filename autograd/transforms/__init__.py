"""From a function to another: its derivatives along directions."""
