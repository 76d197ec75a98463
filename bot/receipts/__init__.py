"""Receipts: see docs/receipts.md."""
