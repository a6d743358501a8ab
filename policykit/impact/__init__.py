"""What a change of policy does to claims: each decided before and after, and counted by its two outcomes."""
