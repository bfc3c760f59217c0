"""Metrics: what is counted, where it is kept, and how it is read."""
