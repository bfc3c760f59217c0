"""What a tree of legacy source holds: its providers, what else there is, and what is wrong with them."""

from __future__ import annotations

from purveyor.migrate.scan.kinds import Classified, Kind, Lifecycle, classify
from purveyor.migrate.scan.report import Report, ScannedClass, ScannedFile, scan
from purveyor.migrate.scan.sarif import to_sarif

__all__ = [
    "Classified",
    "Kind",
    "Lifecycle",
    "Report",
    "ScannedClass",
    "ScannedFile",
    "classify",
    "scan",
    "to_sarif",
]
