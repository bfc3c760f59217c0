"""`scan`: what a tree of legacy source holds, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from purveyor.migrate.scan.faults import Fault, find_faults
from purveyor.migrate.scan.importing import check_imports
from purveyor.migrate.scan.kinds import classify
from purveyor.migrate.source.project import read_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from purveyor.migrate.scan.importing import ImportFailure
    from purveyor.migrate.scan.kinds import Classified, Kind
    from purveyor.migrate.scan.provider_type import TypeName
    from purveyor.migrate.source.files import SourceFile
    from purveyor.migrate.source.project import ClassFacts, Project

__all__ = ["Report", "ScannedClass", "ScannedFile", "State", "scan"]

#: What a migration makes of a class.
State: TypeAlias = Literal["converted", "converted-with-warnings", "adapter", "refused", "not-a-provider"]

#: The code of the fault that only an import shows.
IMPORT_FAILED = "import-failed"


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file that was read, or could not be.

    Args:
        path: Relative to what was scanned, with ``/``.
        status: ``"ok"``, ``"unparsable"`` or ``"undecodable"``.
        reason: Why it is not ``"ok"``; or how its import failed, where imports were checked.
    """

    path: str
    status: Literal["ok", "unparsable", "undecodable"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ScannedClass:
    """A class, what it is, and what becomes of it.

    Args:
        path: The file, relative to what was scanned.
        line: The line of its ``class``, from 1.
        name: Its qualified name.
        kind: What it is.
        state: What a migration makes of it.
        type: Of which type a provider is; None for what is none.
        faults: What is wrong with it, by line.
        reason: Why it is refused, or is adapted rather than converted, or what to know of its conversion.
        reason_line: The line that the reason is about.
    """

    path: str
    line: int
    name: str
    kind: Kind
    state: State
    type: TypeName | None
    faults: tuple[Fault, ...] = ()
    reason: str | None = None
    reason_line: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan found.

    Args:
        files: Every file, by path.
        classes: Every class in them, by path and line.
    """

    files: tuple[ScannedFile, ...]
    classes: tuple[ScannedClass, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data; the same tree gives the same."""
        return {
            "files": [{"path": file.path, "status": file.status, "reason": file.reason} for file in self.files],
            "classes": [
                {
                    "path": each.path,
                    "line": each.line,
                    "name": each.name,
                    "kind": each.kind,
                    "state": each.state,
                    "type": each.type,
                    "faults": [
                        {"line": fault.line, "code": fault.code, "message": fault.message} for fault in each.faults
                    ],
                    "reason": each.reason,
                }
                for each in self.classes
            ],
        }

    def count(self, state: State) -> int:
        """How many classes are in a state; all states together are all classes."""
        return sum(each.state == state for each in self.classes)


def scan(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    import_check: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Read a tree of Python source, and say what is in it. Nothing is imported or written.

    Args:
        root: A folder, or one file.
        exclude: Patterns of paths to leave out, relative to the root.
        import_check: Also import each module, in a process of its own: the modules then run.
        progress: Called with how many files are done, how many there are, and the path of the one just done; once
            more from the start for the imports.

    Raises:
        MigrationError: There is nothing at `root` to read.
    """
    project = read_project(root, exclude=exclude, progress=progress)
    failures = check_imports(root, project.files, progress=progress) if import_check else {}
    return report_on(project, classify(project), failures)


def report_on(
    project: Project,
    classified: Mapping[ClassFacts, Classified],
    failures: Mapping[SourceFile, ImportFailure] | None = None,
) -> Report:
    """The report on a tree that has been read and classified.

    Args:
        project: The tree.
        classified: Each of its classes, from `classify`.
        failures: The modules that could not be imported.
    """
    failures = failures or {}
    return Report(
        files=tuple(_file(file, failures.get(file)) for file in project.files),
        classes=_classes(project, classified, failures),
    )


def _file(file: SourceFile, failure: ImportFailure | None) -> ScannedFile:
    if failure is None:
        return ScannedFile(file.path, file.status, file.reason)
    where = f" (line {failure.line})" if failure.line is not None else ""
    return ScannedFile(file.path, file.status, f"the import fails: {failure.error}{where}")


def _classes(
    project: Project, classified: Mapping[ClassFacts, Classified], failures: Mapping[SourceFile, ImportFailure]
) -> tuple[ScannedClass, ...]:
    from purveyor.migrate.rewrite.decide import decide  # noqa: PLC0415 - stands above, and needs LibCST

    decisions = decide(project, dict(classified))
    found: list[ScannedClass] = []
    for facts in project.classes:
        each, decision = classified[facts], decisions[facts]
        faults = set(find_faults(project, each))
        failure = failures.get(facts.file)
        if failure is not None and each.kind in ("provider", "base"):
            faults.add(Fault(failure.line or 1, IMPORT_FAILED, f"importing the module fails: {failure.error}"))
        found.append(
            ScannedClass(
                path=facts.file.path,
                line=facts.line,
                name=facts.qualname,
                kind=each.kind,
                state=decision.state,
                type=each.type,
                faults=tuple(sorted(faults)),
                reason=decision.reason
                or "; ".join(warning.message for warning in decision.warnings)
                or (each.evidence if decision.state == "not-a-provider" else None),
                reason_line=decision.line or next((warning.line for warning in decision.warnings), None),
            )
        )
    return tuple(found)
