"""From the plain data of documents to typed records, with every fault of meaning as a problem.

Nothing here reads a file or knows YAML: documents come from `policykit.source`, from a stored library, or from a program.
"""
