"""Tables of claims, decided row by row."""
