"""A tree of legacy source, read as text: its files, names and classes. Nothing is imported or written."""

from __future__ import annotations

from purveyor.migrate.source.collection import no_collection
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
    "no_collection",
    "read_project",
    "read_tree",
]
