"""Measures beside peers and ceilings, in one run, because machines are shared and noisy. Never a timed test."""
