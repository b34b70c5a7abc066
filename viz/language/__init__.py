"""The words of pictures, pages and the terminal, in each language: data, and the choice among them."""
