"""The report as SARIF 2.1.0, which code hosts show beside the code.

Source: "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from purveyor.migrate.scan.faults import CODES
from purveyor.migrate.scan.report import IMPORT_FAILED

if TYPE_CHECKING:
    from purveyor.migrate.scan.report import Report, ScannedFile

__all__ = ["to_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"

#: What breaks, or can be abused, whatever is done with the class; the rest are warnings, and these are notes.
_ERRORS = frozenset(
    {
        "duplicate-class", IMPORT_FAILED, "lock-reentry", "missing-base", "missing-import", "mro",
        "path-prefix-check", "pickle", "read-only-attribute", "undefined-attribute",
    }
)  # fmt: skip
_NOTES = frozenset({"dynamic-lookup", "environment-read", "lifecycle-arguments", "sync-lifecycle"})


def to_sarif(report: Report, version: str) -> dict[str, Any]:
    """Render a report as one SARIF run; the same report gives the same.

    Paths are relative to what was scanned. A file that could not be read is a notification of the tool.

    Args:
        report: The report.
        version: Purveyor's.
    """
    codes = sorted(CODES)
    index = {code: number for number, code in enumerate(codes)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "purveyor migrate",
                        "version": version,
                        "semanticVersion": version,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "What was scanned."}}},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _notification(file) for file in report.files if file.status != "ok"
                        ],
                    }
                ],
                "results": [
                    {
                        "ruleId": fault.code,
                        "ruleIndex": index[fault.code],
                        "level": _level(fault.code),
                        "message": {"text": f"{each.name}: {fault.message}"},
                        "locations": [
                            {
                                **_location(each.path, fault.line),
                                "logicalLocations": [{"fullyQualifiedName": each.name, "kind": "type"}],
                            }
                        ],
                    }
                    for each in report.classes
                    for fault in each.faults
                ],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    title, explanation = CODES[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": explanation},
        "defaultConfiguration": {"level": _level(code)},
    }


def _level(code: str) -> str:
    if code in _ERRORS:
        return "error"
    return "note" if code in _NOTES else "warning"


def _notification(file: ScannedFile) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"{file.path} is {file.status}: {file.reason}"},
        "locations": [_location(file.path)],
    }


def _location(path: str, line: int | None = None) -> dict[str, Any]:
    artifact = {"uri": quote(path), "uriBaseId": _ROOT}
    region = {} if line is None else {"region": {"startLine": max(line, 1)}}
    return {"physicalLocation": {"artifactLocation": artifact, **region}}
