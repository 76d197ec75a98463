"""policy: see docs/eight-minutes.md."""
