"""Whether a converted class keeps the contract of a provider: registered, reloaded, cleaned up, and once more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from purveyor.migrate.verify.child.plausible import CannotMakeUpError, MakeUp, fields_of, hints_of
from purveyor.migrate.verify.child.specs import make, reference, resolve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from purveyor.migrate.verify.child.player import Witness

__all__ = ["CONTRACT", "Contract"]

#: The steps, and what the legacy lifecycle must have done for each to count.
CONTRACT = {
    "construct": ("build",),
    "register": ("build", "open"),
    "reload": ("build", "open", "close", "open again"),
    "cleanup": ("build", "open", "close", "open again", "close again"),
    "cleanup twice": ("build", "open", "close", "open again", "close again", "close twice"),
}
#: Steps of a method's length that the longest of these takes: a reload closes and opens.
_TIMES = 2


class Contract:
    """Plays it.

    Args:
        witness: Who sees it.
        folder: Where the paths of a config lead.
        timeout: How long a step may take, in seconds.
    """

    def __init__(self, witness: Witness, folder: str, timeout: float) -> None:
        self._witness = witness
        self._folder = folder
        self._timeout = timeout

    def play(self, number: int, play: dict[str, Any]) -> str | None:
        """Play it on one class.

        Args:
            number: The play's.
            play: ``class``, and as ``build`` what the legacy class is built with, for the values of the config.

        Returns:
            Why it cannot be played; None if it was.
        """
        from purveyor.provider import Provider  # noqa: PLC0415 - the old side knows no Purveyor

        cls = resolve(play["class"])
        if not issubclass(cls, Provider) or not hasattr(cls, "from_config"):
            return "it is no provider that is built from a config"
        try:
            spec, made_up = _config(cls, play["build"])
        except CannotMakeUpError as error:
            return str(error)
        return asyncio.run(self._steps(number, cls, spec, made_up))

    async def _steps(self, number: int, cls: Any, spec: Any, made_up: list[str]) -> str | None:
        from purveyor.manager import ProviderManager  # noqa: PLC0415 - as above
        from purveyor.metadata import ProviderMetadata  # noqa: PLC0415 - as above

        metadata = ProviderMetadata("verified", cls.provider_type, "", "1", list(cls.provider_capabilities))
        manager = ProviderManager(supervision=None, start_timeout=self._timeout, stop_timeout=self._timeout)
        built: list[Any] = []

        async def construct() -> None:
            built.append(cls(metadata, make(spec, self._folder)))

        async def register() -> None:
            await manager.register(built[0])
            if manager.get_provider("verified") is not built[0]:
                raise AssertionError("it is registered, and cannot be looked up")

        if made_up:  # then a constructor that refuses says nothing of the conversion
            try:
                await construct()
            except Exception as error:  # whatever it makes of it
                return f"its config asks for {', '.join(made_up)}, and {type(error).__name__} met what was made up"
            built.clear()
        steps: dict[str, Callable[[], Awaitable[Any]]] = {
            "construct": construct,
            "register": register,
            "reload": lambda: manager.reload_provider("verified"),
            "cleanup": manager.cleanup,
            "cleanup twice": lambda: built[0].cleanup(),
        }
        for step, (name, call) in enumerate(steps.items()):
            if not await self._step(number, step, name, call):
                break
        await manager.cleanup()
        return None

    async def _step(self, number: int, step: int, name: str, call: Callable[[], Awaitable[Any]]) -> bool:
        self._witness.begin(number, step, f"contract: {name}", _TIMES)
        try:
            async with asyncio.timeout(_TIMES * self._timeout):
                await call()
        except TimeoutError:
            self._witness.end("timeout", None)
        except BaseException as error:  # whatever a project raises
            self._witness.end("error", self._witness.canon.error(error))
        else:
            self._witness.end("value", "None")
            return True
        return False


def _config(cls: Any, build: dict[str, Any]) -> tuple[Any, list[str]]:
    """A config for a class, from what it was built with on its own; and the fields that had to be made up."""
    config: Any = hints_of(cls.from_config).get("config", Any)
    fields = fields_of(config)
    if fields is None:
        raise CannotMakeUpError("its config is of no type that says what it holds")
    given = _given(build)
    made_up = {name: of_type for name, (of_type, needed) in fields.items() if needed and name not in given}
    kwargs = {name: given[name] for name in fields if name in given}
    up = MakeUp()
    kwargs.update({name: up.typed(of_type, name) for name, of_type in made_up.items()})
    return {"$call": reference(config), "kwargs": kwargs}, list(made_up)


def _given(build: dict[str, Any]) -> dict[str, Any]:
    """The settings among the arguments of a legacy constructor, wherever they stand."""
    given: dict[str, Any] = {}
    for value in (*build["args"], *build["kwargs"].values()):
        if isinstance(value, dict) and "$path" not in value:
            given.update(value.get("kwargs", {}) if "$call" in value else value)
    given.update(build["kwargs"])
    inner = given.get("config")
    if isinstance(inner, dict) and "$call" not in inner:  # a generic config that wraps the settings
        given.update(inner)
    return given
