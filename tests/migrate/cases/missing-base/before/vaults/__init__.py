"""The foundation was never committed."""
