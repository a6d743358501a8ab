"""Policies as SQL: the same answers, for tables of claims."""
