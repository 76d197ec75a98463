"""Text in, Understanding out; no I/O beyond its own files."""
