"""Plans, and how they are carried out and undone."""
