"""workers: see docs/eight-minutes.md."""
