"""Contacts and suppressions from files: read, normalise, compare with what is on file, write what is new."""
