"""Loading: from a source to a `SystemConfig`, or to one error that names everything that is wrong."""

from __future__ import annotations

import inspect
import ipaddress
import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from purveyor.catalog import Catalog, config_type
from purveyor.config.interpolate import interpolate
from purveyor.config.model import TABLE, Policy, ProviderSpec, ServerConfig, Supervision, SystemConfig
from purveyor.config.needs import check_needs
from purveyor.config.profiles import lay_over, wanted_profile
from purveyor.config.source import ConfigSource, Report
from purveyor.config.tree import dotted, is_table
from purveyor.config.validate import INVALID, validate
from purveyor.errors import DriverLoadError, DriverNotFoundError, MissingExtraError, PurveyorError, near_misses
from purveyor.lifecycle.graph import Node
from purveyor.metadata import ProviderType

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping

    from purveyor.config.tree import KeyPath
    from purveyor.provider import Provider

__all__ = ["NAME", "RESERVED", "ReservedKeys", "load_config"]

#: What a provider may be called.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_TOP_LEVEL = ("version", "providers", "profiles", "server", "supervision")

_Word = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ReservedKeys:
    """The keys that every provider's table has, whatever its driver."""

    __pydantic_config__: ClassVar[ConfigDict] = TABLE

    driver: _Word
    """A driver's name (`purveyor drivers` lists them), or a class: "package.module:Class"."""

    description: str | None = None
    """One line for people; the first line of the class's docstring if it is not given."""

    version: str | None = None
    """The provider's version; the class's if it is not given."""

    type: ProviderType | None = None
    """The provider's family; the class's if it is not given."""

    capabilities: list[_Word] | None = None
    """The words the provider answers for; the class's if they are not given."""

    labels: dict[str, str] = field(default_factory=dict[str, str])
    """Free-form labels of the deployment."""

    needs: dict[str, str] = field(default_factory=dict[str, str])
    """Names of other providers by role: what the class's `Needs` are wired to."""

    required: bool = True
    """Whether a failure of this provider stops the start of all."""

    policy: Policy = field(default_factory=Policy)
    """How the provider is started, stopped and called."""


#: The keys of a provider's table that are not its driver's.
RESERVED = frozenset(each.name for each in fields(ReservedKeys))


def load_config(
    source: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    *,
    profile: str | None = None,
    catalog: Catalog | None = None,
) -> SystemConfig:
    """Read and check a configuration, and complete it from its drivers' classes, which are imported.

    Args:
        source: The path of a TOML file, a mapping of the same shape, or None for the embedded defaults.
        profile: The profile to lay over it; the environment variable ``PURVEYOR_PROFILE`` names it if None.
        catalog: Where drivers are looked up; the installed ones if None.

    Raises:
        ConfigError: Anything is wrong; it names every problem with its place.
    """
    config_source = ConfigSource.read(source)
    profile, named_by = wanted_profile(profile)
    report = Report(config_source, profile)
    tree = lay_over(config_source.tree, RESERVED, report, named_by)
    report.raise_problems()  # without the right profile, the rest would be about another configuration
    tree, interpolated = interpolate(tree, report.unresolved)
    config = _Loader(report, catalog or Catalog(), interpolated).system(tree)
    report.raise_problems()
    return config


class _Loader:
    def __init__(self, report: Report, catalog: Catalog, interpolated: Collection[KeyPath]) -> None:
        self._report = report
        self._catalog = catalog
        self._interpolated = interpolated
        self._unavailable: dict[str, PurveyorError] = {}
        self._nodes: dict[str, Node] = {}
        #: The drivers that lack a module, by what is said of it.
        self._without: dict[str, list[tuple[KeyPath, str, str | None]]] = {}

    def system(self, tree: dict[str, Any]) -> SystemConfig:
        for key in tree:
            if key not in _TOP_LEVEL:
                self._report.problem((key,), "unknown key", _suggest(key, _TOP_LEVEL))
        version = tree.get("version", 1)
        if version != 1 or isinstance(version, bool):
            self._report.problem(("version",), "expected 1, the only version of the format that there is")
        if not tree["providers"]:
            advice = "add a [providers.NAME] table, or see what `purveyor init` writes"
            self._report.warning((), "declares no provider", advice)
        specs: list[ProviderSpec] = []
        for name, table in tree["providers"].items():
            spec = self._provider(name, table)
            if spec is not None:
                specs.append(spec)
        self._report_what_lacks_a_module()
        wiring = check_needs(self._nodes, self._unavailable, self._report)
        specs = [replace(spec, needs=wiring[spec.name]) for spec in specs if spec.name not in self._unavailable]
        return SystemConfig(
            source=self._report.source,
            profile=self._report.profile,
            providers=tuple(specs),
            unavailable=self._unavailable,
            server=self._server(tree["server"]),
            supervision=validate(
                Supervision, tree["supervision"], ("supervision",), self._report, interpolated=self._interpolated
            ),
            warnings=tuple(self._report.warnings),
            secrets=frozenset(self._report.secrets),
        )

    def _provider(self, name: str, table: object) -> ProviderSpec | None:
        path = ("providers", name)
        if not NAME.fullmatch(name):
            allowed = "letters, digits, '.', '_' and '-', at most 128, and not '.' or '-' at the beginning"
            self._report.problem(path, f"{name!r} cannot be a provider's name", f"use {allowed}")
        if not is_table(table):
            self._nodes[name] = Node(name, None, ProviderType.CUSTOM)
            self._report.problem(path, "expected a table: [providers.NAME]")
            return None
        reserved_table = {key: value for key, value in table.items() if key in RESERVED}
        own_table = {key: value for key, value in table.items() if key not in RESERVED}
        reserved: ReservedKeys = validate(
            ReservedKeys, reserved_table, path, self._report, interpolated=self._interpolated, others=own_table
        )
        driver = table.get("driver")
        required = reserved is INVALID or reserved.required
        provider_class = (
            self._load(driver, path, name, required=required) if isinstance(driver, str) and driver else None
        )
        self._nodes[name] = _node(name, reserved_table, provider_class, required=required)
        self._check_type(reserved_table, provider_class, path)
        if provider_class is None:
            return None
        config = validate(
            config_type(provider_class),
            own_table,
            path,
            self._report,
            interpolated=self._interpolated,
            siblings=RESERVED,
        )
        if reserved is INVALID or config is INVALID:
            return None
        return _complete(name, reserved, provider_class, config)

    def _load(self, driver: str, path: KeyPath, name: str, *, required: bool) -> type[Provider[Any]] | None:
        try:
            return self._catalog.load(driver, folder=self._report.source.folder)
        except DriverNotFoundError as error:
            self._report.problem((*path, "driver"), error.what, error.hint)
        except (DriverLoadError, MissingExtraError) as error:
            problem = f"{error.where}: {error.what}" if error.where else error.what
            missing = error.__cause__.name if isinstance(error.__cause__, ModuleNotFoundError) else None
            advice = "; ".join(filter(None, (error.hint, self._found_in_src(missing)))) or None
            if not required:
                self._unavailable[name] = error
                self._report.warning((*path, "driver"), f"left out, since it is not required: {problem}", advice)
            elif missing is None:
                self._report.problem((*path, "driver"), problem, advice)
            else:
                self._without.setdefault(error.what, []).append((path, problem, advice))
        return None

    def _found_in_src(self, module: str | None) -> str | None:
        """Advice about a package that lies in the folder ``src``, where nobody looks for it."""
        place = self._report.source.folder / "src" / str(module)
        if not (place.is_dir() or place.with_name(f"{module}.py").is_file()):
            return None
        return f"src/{module} is there: `pip install -e .`, or PYTHONPATH=src"

    def _report_what_lacks_a_module(self) -> None:
        """Once for each module: many drivers may lie in it."""
        for (path, problem, advice), *others in self._without.values():
            names = ", ".join(dotted(each) for each, _, _ in others)
            also = f"so it is with {names}" if names else None
            self._report.problem((*path, "driver"), problem, "; ".join(filter(None, (advice, also))) or None)

    def _check_type(
        self, table: dict[str, Any], provider_class: type[Provider[Any]] | None, path: KeyPath
    ) -> None:
        family = provider_class.provider_type if provider_class else ProviderType.CUSTOM
        others = [each for other in ProviderType if other is not family for each in (other, other.value)]
        if family in (ProviderType.MEMORY, ProviderType.STORAGE) and table.get("type") in others:
            problem = f"the driver is a {family.value} provider, and cannot be of another type"
            self._report.problem((*path, "type"), problem, f'leave it out, or write type = "{family.value}"')

    def _server(self, table: dict[str, Any]) -> ServerConfig:
        server: ServerConfig = validate(
            ServerConfig, table, ("server",), self._report, interpolated=self._interpolated
        )
        host = table.get("host")
        if isinstance(host, str) and not _is_loopback(host):  # also where another key is wrong
            problem = "is not a loopback address, and this version has no authentication to offer on others"
            self._report.problem(("server", "host"), problem, 'use "127.0.0.1", "::1" or "localhost"')
        return server


def _node(name: str, table: dict[str, Any], provider_class: type[Provider[Any]] | None, *, required: bool) -> Node:
    """What it is to others, also where its table is invalid: that has been told."""
    needs, words = table.get("needs"), table.get("capabilities")
    capabilities = provider_class.provider_capabilities if provider_class and words is None else words
    return Node(
        name,
        provider_class,
        ProviderType.CUSTOM,
        tuple(word for word in capabilities if isinstance(word, str))
        if isinstance(capabilities, (list, tuple))
        else (),
        needs if is_table(needs) else {},
        required,
    )


def _complete(name: str, reserved: ReservedKeys, provider_class: type[Provider[Any]], config: Any) -> ProviderSpec:
    docstring = inspect.cleandoc(provider_class.__doc__ or "")
    capabilities = provider_class.provider_capabilities if reserved.capabilities is None else reserved.capabilities
    return ProviderSpec(
        name=name,
        driver=reserved.driver,
        provider_class=provider_class,
        type=reserved.type or provider_class.provider_type,
        description=docstring.partition("\n")[0] if reserved.description is None else reserved.description,
        version=provider_class.provider_version if reserved.version is None else reserved.version,
        capabilities=tuple(capabilities),
        labels=reserved.labels,
        needs=reserved.needs,
        required=reserved.required,
        policy=reserved.policy,
        config=config,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _suggest(word: str, known: Collection[str]) -> str:
    close = near_misses(word, known)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else f"known are {', '.join(known)}"
