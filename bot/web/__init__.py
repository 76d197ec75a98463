"""web: see docs/eight-minutes.md."""
