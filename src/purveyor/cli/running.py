"""How commands load the configuration, and run one of its providers."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from purveyor import errors
from purveyor.app import System
from purveyor.cli.logs import show_log
from purveyor.cli.output import InProvider, Output
from purveyor.config import find_config, load_config
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from purveyor.cli.options import Settings
    from purveyor.config import SystemConfig

__all__ = ["load", "load_system", "started"]

P = TypeVar("P", bound=Provider[Any])


class ProviderTypeError(errors.ProviderTypeError):
    """The error of this name, with advice for the command line; programs are told the same type."""

    def __init__(self, name: str, actual: type, expected: type, instead: str | None = None) -> None:
        super().__init__(name, actual, expected)
        self._instead = instead

    @property
    def hint(self) -> str | None:
        """Which command takes the provider."""
        return self._instead and f"use '{self._instead}'"


def load(settings: Settings) -> SystemConfig:
    """The configuration that the global options name.

    Raises:
        ConfigError: It is not valid.
    """
    show_log(settings, Output(settings))
    config = load_config(find_config(settings.config), profile=settings.profile)
    settings.secrets = config.secrets
    return config


def load_system(settings: Settings, output: Output | None = None) -> System:
    """The system that the global options name, not started.

    Args:
        settings: The global options.
        output: Where its log is shown, if the command shows more than that.

    Raises:
        ConfigError: The configuration is not valid.
    """
    show_log(settings, output or Output(settings))
    system = System(find_config(settings.config), profile=settings.profile)
    settings.secrets = system.secrets  # that of a reload come in there
    return system


@asynccontextmanager
async def started(settings: Settings, name: str, cls: Callable[..., P]) -> AsyncGenerator[P]:
    """One provider, started for the length of a block.

    Raises:
        ProviderNotFoundError: The configuration declares none of this name.
        ProviderTypeError: It is not of the class that is asked for.
        InProvider: It could not be started.
        ExceptionGroup: It could not be cleaned up, and nothing else had failed before.
    """
    kind: Any = cls  # a class that may be abstract, which `type[P]` would refuse
    system = load_system(settings)
    if name not in system.config.unavailable:
        declared = system.config.get(name).provider_class
        if not issubclass(declared, kind):
            raise ProviderTypeError(name, declared, kind, _same_command(declared.provider_type.value))
    if settings.verbose:
        Output(settings).warnings(system.config.warnings)
    try:
        provider: Any = await system.start_only(name)
    except Exception as error:
        raise InProvider(name, error) from error
    async with AsyncExitStack() as stack:
        stack.push_async_exit(system)
        yield provider


def _same_command(family: str) -> str | None:
    """The running command of another family of providers, or that family's, if there is such a one."""
    context = click.get_current_context()
    root = context.find_root()
    group = cast("click.Group", root.command).get_command(root, family)
    if not isinstance(group, click.Group):
        return None
    command = [context.info_name] if context.info_name in group.commands else []
    return " ".join(["purveyor", family, *map(str, command)])
