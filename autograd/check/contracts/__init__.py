"""What holds of every gradient, whatever it is: contracts, and scenarios that have to agree."""
