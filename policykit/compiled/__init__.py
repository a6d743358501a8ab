"""A checked library compiled into one file, from which a look-up reads a few rows (docs/compiled-library.md)."""
