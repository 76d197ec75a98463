"""Asking old contacts again: once, honestly, and silence is no."""
