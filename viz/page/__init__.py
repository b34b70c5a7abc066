"""The stepper, a page of HTML."""
