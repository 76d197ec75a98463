"""channels: see docs/eight-minutes.md."""
