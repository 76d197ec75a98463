"""The API for developers and other programs: see docs/api.md."""
