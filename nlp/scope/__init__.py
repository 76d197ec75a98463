"""Which channels and purposes a person means, and whom: `ScopeReader`."""

from nlp.scope.reader import ScopeReader, ScopeReading

__all__ = ["ScopeReader", "ScopeReading"]
