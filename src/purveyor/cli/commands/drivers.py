"""``purveyor drivers``: what a configuration can name as a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from purveyor.catalog import Catalog
from purveyor.cli.options import Command, Settings, pass_settings
from purveyor.cli.output import Column, Output
from purveyor.errors import MissingExtraError, PurveyorError

if TYPE_CHECKING:
    from purveyor.catalog import Driver

__all__ = ["command"]


@click.command(cls=Command, name="drivers")
@click.option("--load", is_flag=True, help="Import each driver, and say whether it can be used.")
@pass_settings
def command(settings: Settings, load: bool) -> int:
    """List the installed drivers.

    They are found without being imported. With --load they are imported, and the exit code is 1 if one fails.
    """
    output = Output(settings)
    catalog = Catalog()
    rows = [_describe(catalog, driver, load=load) for driver in catalog.drivers]

    def show() -> None:
        titles = ["name", "distribution", "class", *(["type", "status"] if load else [])]
        output.table(
            [Column(title) for title in titles],
            [
                [_with_version(row) if title == "distribution" else row[title] or "" for title in titles]
                for row in rows
            ],
        )
        for row in rows:
            if row["problem"]:
                output.warn(f"{row['name']}: {row['problem']}")

    output.result(rows, show)
    return 1 if any(row["problem"] for row in rows) else 0


def _describe(catalog: Catalog, driver: Driver, *, load: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": driver.name,
        "distribution": driver.distribution,
        "version": driver.version,
        "class": driver.target,
        "extras": list(driver.extras),
        "type": None,
        "status": None,
        "problem": None,
    }
    if load:
        try:
            row |= {"type": catalog.load(driver.name).provider_type.value, "status": "ok"}
        except PurveyorError as error:
            status = "missing extra" if isinstance(error, MissingExtraError) else "broken"
            row |= {"status": status, "problem": str(error)}
    return row


def _with_version(row: dict[str, Any]) -> str:
    return f"{row['distribution']} {row['version']}".strip()
