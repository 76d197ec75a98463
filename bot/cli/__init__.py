"""cli: see docs/eight-minutes.md."""
