"""What is otherwise between two states of policies, in meaning and not in text.

`result` has the records, `meaning` says when two things mean the same, and the other modules find the differences, each
of one part of a document. `policykit.differing.difference` puts them together.
"""
