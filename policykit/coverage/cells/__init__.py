"""The values of facts that criteria can tell apart.

The thresholds and values that occur in criteria cut what a fact can be into cells. Within a cell no criterion tells one
value from another, so one of them stands for all.
"""
