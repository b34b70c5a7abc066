"""From a rule to straight Python."""
