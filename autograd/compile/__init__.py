"""Generation of code, one operation at a time: from its rules to straight Python."""
