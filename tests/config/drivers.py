"""Provider classes that the tests' configurations name, one for each way to type a config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, SecretBytes, SecretStr
from typing_extensions import TypedDict

from purveyor.errors import InvalidInputError
from purveyor.metadata import ProviderType
from purveyor.needs import Needs
from purveyor.provider import Provider

T = TypeVar("T")


class Base(Provider[T]):
    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Retry:
    times: int = 1
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Log:
    file: str = "log"


@dataclass(frozen=True, slots=True)
class StoreConfig:
    path: Path | Literal[":memory:"]
    mode: Literal["full", "normal"] = "full"
    timeout: float = 30
    size: int | None = None
    token: SecretStr | None = None
    blob: SecretBytes | None = None
    tokens: list[SecretStr] = field(default_factory=list)
    by_name: dict[str, SecretStr] = field(default_factory=dict)
    plain: str = ""
    plains: list[str] = field(default_factory=list)
    retry: Retry = field(default_factory=Retry)
    log: Log | None = None
    cache: Path = Path("cache")
    either: int | Retry | None = None
    extras: list[Path] = field(default_factory=list)
    word: str | Path = ""
    flag: bool = False
    only: Literal["only"] = "only"

    def __post_init__(self) -> None:
        if self.plain == "bad":
            raise ValueError("plain is bad")
        if self.token is not None and self.token.get_secret_value() == "leaky":
            raise ValueError(f"refused {self.token.get_secret_value()}")
        if self.timeout < 0:
            raise InvalidInputError("timeout", f"is {self.timeout}", "give one from 0")
        if "bad" in self.plains:
            raise InvalidInputError(f"plains[{self.plains.index('bad')}]", "is bad")
        if self.plain == "nowhere":
            raise InvalidInputError("mode+size", "do not fit", "leave one out")
        if self.plain == "broken":
            raise KeyError(self.plain)


class Store(Base[StoreConfig]):
    """Keeps things.

    More of it.
    """

    provider_type = ProviderType.MEMORY
    provider_version = "3"
    provider_capabilities = ("store", "search")


class ModelConfig(BaseModel):
    model_config = ConfigDict(frozen=True)
    api_key: SecretStr = Field(min_length=5, default=SecretStr("default"))
    name: str = Field(default="", validation_alias=AliasChoices("name", "title"))


class Model(Base[ModelConfig]):
    provider_type = ProviderType.CAPABILITY


class OpenModel(BaseModel):
    model_config = ConfigDict(extra="allow")
    known: int = 0


def _megabytes(value: object) -> object:
    return int(value.removesuffix(" MB")) * 1_000_000 if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class SizedConfig:
    size: Annotated[int, BeforeValidator(_megabytes)] = 0


class Sized(Base[SizedConfig]):
    pass


class Nested(BaseModel):
    inner: OpenModel = OpenModel()
    closed: Retry = Retry()


class Nesting(Base[Nested]):
    pass


class Open(Base[OpenModel]):
    pass


class Table(TypedDict, total=False):
    where: Path
    count: int


class Typed(Base[Table]):
    pass


class Loose(Base[dict[str, Any]]):
    pass


class Untyped(Base):  # type: ignore[type-arg]  # on purpose
    pass


class NoConfig(Base[None]):
    pass


class Reader(Base[None]):
    memory: Annotated[Base[Any], Needs()]


class MaybeReader(Base[None]):
    memory: Annotated[Base[Any] | None, Needs()]


class StoreReader(Base[None]):
    store: Annotated[Store, Needs()]


class Searching(Base[None]):
    searcher: Annotated[Base[Any], Needs(capability="search")]


class Both(Base[None]):
    x: Annotated[Base[Any], Needs()]
    y: Annotated[Base[Any], Needs()]


class Misdeclared(Base[None]):
    a: Annotated[Base[Any], Needs("x")]
    b: Annotated[Base[Any], Needs("x")]


class Foreign:
    """A class that pydantic cannot build."""


class Unbuildable(Base[Foreign]):
    pass


@dataclass
class WithCallable:
    hook: Callable[[], int] = int
    kind: ClassVar[str] = "x"
    where: Path = Path("w")


class Odd(Base[WithCallable]):
    pass


class Half(Provider[dict[str, Any]]):
    async def initialize(self) -> None:
        pass


class Middle(Generic[T]):
    pass


NOT_A_CLASS = object()
