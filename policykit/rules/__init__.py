"""The rules that documents are held to: what each is, why, and examples that break and keep it."""
