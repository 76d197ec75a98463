"""handlers: see docs/eight-minutes.md."""
