"""The whole battery of checks for one operation."""
