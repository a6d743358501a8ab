"""Documents as text: read with their spelling, laid out, started, added to, and saved whole or not at all."""
