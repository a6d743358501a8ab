"""Schemas for editors, with the words of a library."""
