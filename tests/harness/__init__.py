"""The whole bot as processes of their own, and what stands around it: a mail server that tries again, a mail sink."""
