"""A tree of legacy source, read as text: its files, its names, its classes. Nothing is imported, nothing is written."""

from __future__ import annotations

from purveyor.migrate.source.files import SourceFile, read_tree
from purveyor.migrate.source.project import (
    Base,
    ClassFacts,
    External,
    Function,
    Method,
    Module,
    Project,
    Unresolved,
    read_project,
)

__all__ = [
    "Base",
    "ClassFacts",
    "External",
    "Function",
    "Method",
    "Module",
    "Project",
    "SourceFile",
    "Unresolved",
    "read_project",
    "read_tree",
]
