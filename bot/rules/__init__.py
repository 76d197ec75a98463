"""rules: see docs/eight-minutes.md."""
