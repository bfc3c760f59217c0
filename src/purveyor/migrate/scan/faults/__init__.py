"""What is wrong with a class, or stands in the way of its migration: read off the source, with the line.

Precision goes before recall: what cannot be told from the source alone is not reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from purveyor.migrate.scan.faults.attributes import attribute_faults
from purveyor.migrate.scan.faults.blocking import blocking_faults
from purveyor.migrate.scan.faults.definitions import definition_faults, import_faults
from purveyor.migrate.scan.faults.lifecycle import abstract_faults, constructor_faults, lifecycle_faults
from purveyor.migrate.scan.faults.locks import lock_faults
from purveyor.migrate.scan.faults.model import CODES, Fault
from purveyor.migrate.scan.faults.surroundings import config_faults, environment_faults, lookup_faults
from purveyor.migrate.scan.faults.survey import Survey
from purveyor.migrate.scan.faults.unsafe import path_faults, pickle_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from purveyor.migrate.scan.kinds import Classified
    from purveyor.migrate.source import Project, SourceFile

__all__ = ["CODES", "Fault", "file_faults", "find_faults"]

_SURVEYS: WeakKeyDictionary[Project, Survey] = WeakKeyDictionary()


def find_faults(project: Project, classified: Classified) -> tuple[Fault, ...]:
    """Find the faults of one class.

    A provider or base is also given those of its module's imports (`file_faults`), since it cannot be had without.

    Args:
        project: The tree that the class is of.
        classified: The class, and what it was found to be.

    Returns:
        At most one of a kind for each line, sorted by line.
    """
    found: dict[tuple[int, str], Fault] = {}
    for fault in _find(_survey(project), project, classified):
        found.setdefault((fault.line, fault.code), fault)
    return tuple(sorted(found.values()))


def file_faults(project: Project, file: SourceFile) -> tuple[Fault, ...]:
    """Find the faults of a module that belong to no class: imports of what the tree does not have.

    Args:
        project: The tree.
        file: The module's file.
    """
    known = _survey(project).imports
    if file.path not in known:
        known[file.path] = tuple(sorted(set(import_faults(project, file))))
    return known[file.path]


def _survey(project: Project) -> Survey:
    survey = _SURVEYS.get(project)
    if survey is None:
        survey = _SURVEYS[project] = Survey(project)
    return survey


def _find(survey: Survey, project: Project, classified: Classified) -> Iterator[Fault]:
    facts, kind = classified.facts, classified.kind
    provider = kind in {"provider", "base"}
    yield from definition_faults(survey, facts)
    yield from lock_faults(survey, facts)
    yield from blocking_faults(survey, facts)
    yield from path_faults(survey, facts)
    yield from pickle_faults(survey, facts, provider=provider)
    if kind != "protocol":
        yield from attribute_faults(survey, facts, provider=provider)
        yield from abstract_faults(survey, facts)
    if kind in {"provider", "base", "registry"}:
        yield from lookup_faults(survey, facts)
    if provider:
        yield from file_faults(project, facts.file)
        yield from lifecycle_faults(facts, classified)
        yield from constructor_faults(survey, facts)
        yield from config_faults(survey, facts)
        yield from environment_faults(survey, facts)
