"""How things are written: an operation in one row, formulas by one printer, code by one spelling a backend."""
