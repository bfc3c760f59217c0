"""What a loaded configuration is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from purveyor.config.tree import is_array, is_table
from purveyor.errors import ProviderNotFoundError
from purveyor.lifecycle.graph import Node, resolve
from purveyor.lifecycle.supervision import Supervision
from purveyor.metadata import ProviderMetadata
from purveyor.policy.model import TABLE, Breaker, Duration, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import ConfigDict

    from purveyor.config.source import ConfigSource
    from purveyor.errors import ConfigProblem, PurveyorError
    from purveyor.lifecycle.graph import Graph
    from purveyor.metadata import ProviderType
    from purveyor.provider import Provider

__all__ = ["TABLE", "Breaker", "Duration", "Policy", "ProviderSpec", "ServerConfig", "Supervision", "SystemConfig"]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where ``purveyor up`` listens."""

    __pydantic_config__: ClassVar[ConfigDict] = TABLE

    host: str = "127.0.0.1"
    """A loopback address, since there is no authentication yet."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    """The TCP port; 0 takes any free one."""

    watch: bool = False
    """Whether a change of this file, or of a secret's, is taken up at once."""


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """One provider, as the configuration declares it and its driver's class completes it.

    Args:
        name: The name it is registered under.
        driver: What the configuration calls its driver.
        provider_class: The driver's class.
        type: Its family.
        description: One line for people.
        version: The provider's own version.
        capabilities: The words it answers for.
        labels: Labels of the deployment.
        needs: What the needs of its class are wired to: names of other providers by role.
        required: Whether its failure stops the start of the system.
        policy: How it is started, stopped and called.
        config: Its own config, of the type that its class asks for. Never shown, since it may hold secrets.
    """

    name: str
    driver: str
    provider_class: type[Provider[Any]]
    type: ProviderType
    description: str
    version: str
    capabilities: tuple[str, ...]
    labels: Mapping[str, str]
    needs: Mapping[str, str]
    required: bool
    policy: Policy
    config: Any = field(repr=False)

    @property
    def node(self) -> Node:
        """What it is to others."""
        return Node(self.name, self.provider_class, self.type, self.capabilities, self.needs, self.required)

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata to register it with; a new one each time, since providers may change theirs."""
        return ProviderMetadata(
            name=self.name,
            type=self.type,
            description=self.description,
            version=self.version,
            capabilities=list(self.capabilities),
            labels=dict(self.labels),
        )

    def build(self) -> Provider[Any]:
        """A new, unregistered instance of the provider."""
        return self.provider_class(self.metadata, self.own_config())

    def own_config(self) -> Any:
        """The config for one instance: a plain table is copied, since its provider may change it."""
        return _copy(self.config)


def _copy(value: Any) -> Any:
    if is_table(value):
        return {key: _copy(child) for key, child in value.items()}
    return [_copy(child) for child in value] if is_array(value) else value


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """A whole configuration, valid.

    Args:
        source: Where it was read from.
        profile: The profile that was laid over it.
        providers: What it declares, in its order.
        unavailable: Optional providers (``required = false``) whose driver cannot be imported here, and why.
        server: Where ``purveyor up`` listens.
        supervision: How the providers are watched and restarted.
        warnings: What is allowed, but is probably not what was meant.
        secrets: The values of all secrets in it, so that whoever writes texts can keep them out.
    """

    source: ConfigSource = field(repr=False)
    profile: str | None
    providers: tuple[ProviderSpec, ...]
    unavailable: Mapping[str, PurveyorError]
    server: ServerConfig
    supervision: Supervision
    warnings: tuple[ConfigProblem, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def file(self) -> Path | None:
        """The file it was read from, absolute; None if it came from a mapping or the embedded defaults."""
        return self.source.file

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the providers, in their order."""
        return tuple(spec.name for spec in self.providers)

    def get(self, name: str) -> ProviderSpec:
        """The specification of one provider.

        Raises:
            ProviderNotFoundError: The configuration declares no such provider.
        """
        for spec in self.providers:
            if spec.name == name:
                return spec
        raise ProviderNotFoundError(name, self.names)

    def graph(self) -> Graph:
        """What the providers need of each other."""
        return resolve(spec.node for spec in self.providers)

    def origin(self, *key: str | int) -> str | None:
        """Where a key comes from: ``"purveyor.toml:4:1"``.

        Args:
            key: The key, part by part: ``"providers", "notes", "path"``. For one that is not in the file (a
                default), the place of the nearest table around it.

        Returns:
            File, line and column, both from 1; None if the configuration came from no file.
        """
        return self.source.problem(key, "", profile=self.profile).place
