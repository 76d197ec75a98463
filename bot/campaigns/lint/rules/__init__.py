"""One dark pattern a file: `ID`, and `check(message)`, which is pure and yields what it finds."""
