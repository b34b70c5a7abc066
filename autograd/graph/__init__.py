"""A computation as a frozen thing: named, explained, stepped through."""
