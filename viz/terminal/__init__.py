"""Pictures and timelines as text."""
