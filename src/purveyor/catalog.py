"""Drivers by name, found through entry points and imported only when they are used."""

from __future__ import annotations

import importlib
import inspect
import logging
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, ForwardRef, TypeVar, get_args, get_origin

from purveyor.errors import (
    DriverLoadError,
    DriverNotFoundError,
    MissingExtraError,
    PurveyorError,
    near_misses,
)
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from typing_extensions import TypeIs

__all__ = ["GROUP", "Catalog", "Driver", "config_type"]

#: The entry-point group in which a distribution offers its drivers.
GROUP = "purveyor.drivers"

_log = logging.getLogger(__name__)

# As in the entry-points specification of PyPA: "package.module:object [extra1, extra2]".
_TARGET = re.compile(r"(?P<module>[\w.]+):(?P<attribute>[\w.]+)\s*(?:\[(?P<extras>[^\]]*)\])?\s*")


@dataclass(frozen=True, slots=True, order=True)
class Driver:
    """A driver as its distribution declares it; its code has not been imported.

    Args:
        name: The name that a configuration uses: ``"memory.sqlite"``.
        distribution: The distribution that offers it, empty if it cannot be told.
        version: The distribution's version.
        target: Where its class is: ``"package.module:Class"``.
        extras: The extras of the distribution that the driver needs.
    """

    name: str
    distribution: str
    version: str
    target: str
    extras: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The distribution and its version, for people: ``"purveyor 0.1.0"``."""
        return f"{self.distribution} {self.version}".strip() or "unknown distribution"


class Catalog:
    """The drivers that can be named in a configuration.

    Nothing is scanned before the first question, and no driver is imported before `load`. A driver that
    cannot be imported harms no other.

    Args:
        drivers: The drivers to offer; those of the installed distributions if None.
    """

    def __init__(self, drivers: Iterable[Driver] | None = None) -> None:
        self._found = None if drivers is None else _by_name(drivers)

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """Every driver, sorted by name; one that several distributions offer is there once for each."""
        return tuple(driver for same_name in self._drivers.values() for driver in same_name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all drivers, sorted."""
        return tuple(self._drivers)

    def load(self, name: str, *, folder: Path | None = None) -> type[Provider[Any]]:
        """Import a driver's class.

        Args:
            name: A driver's name, or the place of a class, ``"package.module:Class"``.
            folder: Put in front of `sys.path` while a class is imported by its place, and only so long: the
                folder of the configuration file. What such a module imports later, inside its functions, must
                be found without it (a submodule of its own package always is).

        Returns:
            A class that can be instantiated: a subclass of `Provider` with no abstract methods.

        Raises:
            DriverNotFoundError: No driver of this name is installed.
            MissingExtraError: The driver needs an extra that is not installed.
            DriverLoadError: Its code cannot be imported, is no provider class, or two distributions offer it.
        """
        if ":" in name:
            with _importable_from(folder):
                return _load_class(Driver(name, "", "", name))
        candidates = self._drivers.get(name)
        if candidates is None:
            raise DriverNotFoundError(name, self.names)
        if len(candidates) > 1:
            places = [driver.target for driver in candidates]
            raise DriverLoadError(
                name,
                " and ".join(driver.source for driver in candidates),
                "several distributions offer a driver of this name",
                f"uninstall all but one, or name the class: driver = {' or '.join(map(repr, places))}",
            )
        return _load_class(candidates[0])

    @property
    def _drivers(self) -> Mapping[str, list[Driver]]:
        if self._found is None:
            self._found = _by_name(_installed())
        return self._found


def config_type(driver: type[Provider[Any]]) -> Any:
    """The type of a driver's config: the argument it gives to `Provider`, through all bases in between.

    Args:
        driver: A provider class.

    Returns:
        The type; ``dict[str, Any]`` if the class leaves it open.
    """
    argument = _provider_argument(driver, {})
    if isinstance(argument, TypeVar):
        argument = argument.__bound__
    if isinstance(argument, ForwardRef):
        argument = _looked_up(argument, driver.__module__)
    return dict[str, Any] if argument in (None, Any, object) else argument


def _by_name(drivers: Iterable[Driver]) -> dict[str, list[Driver]]:
    found: dict[str, list[Driver]] = {}
    for driver in sorted(set(drivers)):
        found.setdefault(driver.name, []).append(driver)
    return found


def _installed() -> Iterator[Driver]:
    for entry in _entry_points():
        match = _TARGET.fullmatch(entry.value)
        extras = (match and match["extras"]) or ""
        yield Driver(
            name=entry.name,
            distribution=(entry.dist and entry.dist.name) or "",
            version=(entry.dist and entry.dist.version) or "",
            target=f"{match['module']}:{match['attribute']}" if match else entry.value,
            extras=tuple(extra.strip() for extra in extras.split(",") if extra.strip()),
        )


def _entry_points() -> Iterable[metadata.EntryPoint]:
    try:
        return metadata.entry_points(group=GROUP)
    except Exception:
        # One distribution's metadata is damaged: ask them one by one. The first of a name on sys.path counts.
        found: dict[str, list[metadata.EntryPoint]] = {}
        for distribution in metadata.distributions():
            try:
                entries = list(distribution.entry_points.select(group=GROUP))
            except Exception:
                _log.warning("the entry points of %s cannot be read", distribution.name, exc_info=True)
            else:
                found.setdefault(distribution.name, entries)
        return [entry for entries in found.values() for entry in entries]


@contextmanager
def _importable_from(folder: Path | None) -> Generator[None]:
    if folder is None:
        yield
        return
    path = str(folder)
    sys.path.insert(0, path)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(path)


def _load_class(driver: Driver) -> type[Provider[Any]]:
    if _TARGET.fullmatch(driver.target) is None:
        raise DriverLoadError(driver.name, _source(driver), "is not of the form 'package.module:Class'")
    module_name, _, attribute = driver.target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except PurveyorError:
        raise
    except ModuleNotFoundError as error:
        raise _module_missing(driver, module_name, error) from error
    except AttributeError as error:
        raise _attribute_missing(driver, module_name, error) from error
    except (Exception, SystemExit) as error:
        # SystemExit: a plugin that calls sys.exit() while it is imported must not end the program.
        problem = f"importing {module_name} failed with {type(error).__name__}: {error}"
        raise DriverLoadError(driver.name, _source(driver), problem) from error
    if not _is_provider_class(found):
        kind = found.__qualname__ if inspect.isclass(found) else type(found).__qualname__
        raise DriverLoadError(
            driver.name, _source(driver), f"{driver.target} is not a subclass of Provider ({kind})"
        )
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        problem = f"{driver.target} is abstract: it does not define {', '.join(missing)}"
        raise DriverLoadError(driver.name, _source(driver), problem)
    return found


def _is_provider_class(found: object) -> TypeIs[type[Provider[Any]]]:
    return inspect.isclass(found) and issubclass(found, Provider)


def _source(driver: Driver) -> str:
    return driver.source if driver.distribution else "named by its class"


def _module_missing(driver: Driver, module_name: str, error: ModuleNotFoundError) -> PurveyorError:
    missing = error.name or str(error)
    if missing.partition(".")[0] == module_name.partition(".")[0]:
        advice = (
            None if driver.distribution else "it is looked for beside the configuration file, then in sys.path"
        )
        return DriverLoadError(driver.name, _source(driver), f"there is no module {missing}", advice)
    if driver.extras and driver.distribution:
        requirement = f"{driver.distribution}[{','.join(driver.extras)}]"
        return MissingExtraError(f"driver {driver.name}", missing, requirement)
    return DriverLoadError(driver.name, _source(driver), f"it needs the module {missing}, which is not installed")


def _attribute_missing(driver: Driver, module_name: str, error: AttributeError) -> DriverLoadError:
    module = sys.modules.get(module_name)
    if module is None or error.obj is not module:  # the module's own code failed, while it was imported or after
        problem = f"importing {driver.target} failed with AttributeError: {error}"
        return DriverLoadError(driver.name, _source(driver), problem)
    classes = [name for name, value in vars(module).items() if inspect.isclass(value)]
    close = near_misses(str(error.name), classes)
    advice = f"did you mean {' or '.join(repr(f'{module_name}:{name}') for name in close)}?" if close else None
    problem = f"module {module_name} has no {error.name}"
    return DriverLoadError(driver.name, _source(driver), problem, advice)


def _provider_argument(cls: type, arguments: Mapping[Any, Any]) -> Any:
    """What `cls` gives to `Provider`; a TypeVar or None if it leaves that open."""
    left_open: Any = None
    # What a class itself gives to a base that hands it on goes before what one of its other bases has given.
    for base in sorted(cls.__dict__.get("__orig_bases__", cls.__bases__), key=lambda each: not _hands_on(each)):
        origin = get_origin(base) or base
        if not _is_provider_class(origin):
            continue
        written = [
            _looked_up(each, cls.__module__) if isinstance(each, ForwardRef) else each for each in get_args(base)
        ]
        given = [arguments.get(argument, argument) for argument in written]
        if origin is Provider:
            found = given[0] if given else None
        else:
            parameters = getattr(origin, "__parameters__", ())
            found = _provider_argument(origin, dict(zip(parameters, given, strict=False)))
        if found not in (None, Any, object) and not isinstance(found, TypeVar):
            return found
        left_open = left_open or found
    return left_open


def _hands_on(base: Any) -> bool:
    """Whether a base is parametrised with what it gives to `Provider`, as ``Provider[Config]`` is."""
    origin: Any = get_origin(base)
    if not _is_provider_class(origin):
        return False
    return origin is Provider or isinstance(_provider_argument(origin, {}), TypeVar)


def _looked_up(reference: ForwardRef, module: str) -> Any:
    """What a type in quotes means where it was written: a name, also a dotted one; None if it is not there.

    A package whose modules import each other may have put nothing under a module's name yet when the class is
    made, and so it is quoted. By now the modules are there, if not as attributes of their packages.
    """
    names = reference.__forward_arg__.split(".")
    places = [(module, names)]
    places += [(".".join(names[:end]), names[end:]) for end in range(len(names) - 1, 0, -1)]
    for place, rest in places:
        found: Any = sys.modules.get(place)
        for name in rest:
            found = getattr(found, name, None)
        if found is not None:
            return found
    return None
