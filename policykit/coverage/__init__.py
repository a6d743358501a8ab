"""What cases show of policies, and the smallest cases for what they do not show."""
