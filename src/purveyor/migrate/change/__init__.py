"""Plans of a migration, and how they are carried out and undone so that a kill leaves nothing half done."""
