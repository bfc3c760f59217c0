"""The soak: many providers under many callers, while they are reloaded, broken and changed."""
