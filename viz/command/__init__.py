"""The stepgrad command."""
