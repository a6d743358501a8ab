"""Answers as plain data: what the schemas under `schemas/` describe, ready to be written as JSON.

Every key is always there; what is not known, or does not apply, is null or empty.
"""
