"""`adapt`, the adapter at run time for what stays as it is."""

from __future__ import annotations

import builtins
import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal

from purveyor.errors import InvalidInputError
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.migrate.adapting.lifecycle import find_lifecycle
from purveyor.migrate.adapting.provider import Adapted, Blueprint, learn
from purveyor.migrate.legacy import LegacyProvider, provider_name_of
from purveyor.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from purveyor.migrate.adapting.surface import Sync

__all__ = ["Adapted", "adapt"]


def adapt(
    subject: Any,
    *,
    name: str | None = None,
    type: ProviderType | str | None = None,
    version: str | None = None,
    capabilities: Iterable[str] | None = None,
    metadata: ProviderMetadata | None = None,
    config: Any = None,
    open: str | Callable[..., Any] | None = None,
    close: str | Callable[..., Any] | None = None,
    operations: Iterable[str] | None = None,
    idempotent: Iterable[str] = (),
    check: str | Callable[..., Any] | None = None,
    sync: Sync | None = None,
    reload: Literal["in_place", "swap"] = "in_place",
) -> Adapted:
    """Make a provider around a legacy object, or around a factory of one, which stays as it is.

    .. code-block:: python

        import asyncio
        import sqlite3
        from functools import partial
        from purveyor import ProviderManager
        from purveyor.migrate import adapt

        async def main() -> None:
            async with ProviderManager() as manager:
                await manager.register(adapt(partial(sqlite3.connect, ":memory:"), name="db", sync="await"))
                db = manager.get("db")
                cursor = await db.execute("select 6 * 7")

        asyncio.run(main())

    *What is opened and closed.* A class or another factory is called in each `initialize`, so that a reload has a
    new object; an instance is opened again in place. The methods that open and close are found by their names
    (initialize, setup, start, open, connect, init, startup, load; cleanup, close, shutdown, stop, disconnect,
    teardown, dispose, unload, those first that go with what opens; each also as ``async_x``, ``x_async`` and
    ``ax``, and as ``initialise``, ``set_up``, ``tear_down`` and so on); where nothing that closes has a name, a
    context manager is entered and left.

    *Where it runs.* What has a lifecycle without ``async``, or is made by a plain function, blocks: it is made,
    opened, used and closed on one thread of its own, which ends with `cleanup`. A plain method stays one: its
    caller waits for the thread, as it waited for the method; on an event loop's own thread it waits five seconds
    for its turn and no longer (`LaneBusyError`). While the provider is reloaded such a call cannot wait, and
    raises `ProviderNotReadyError`. With ``sync="await"`` plain methods are awaitable, and wait as other operations
    do. All that is async runs on the event loop, and so does the construction of what has an async lifecycle.
    Attributes are read and written where they are asked for.

    *Operations* are leased, measured and governed as those of other providers. What is not public, not a method,
    or a name that a provider needs for itself (see `Adapted`) is no operation.

    Args:
        subject: The legacy object, its class, or a function that makes it (async or not).
        name: The provider's name; made from the class's by default.
        type: Its family; ``custom`` by default.
        version: Its version; ``"0"`` by default.
        capabilities: The words it answers for; by default the names of its operations, as far as they are known.
        metadata: All of these in one.
        config: What the factory is called with, as its only argument; if None it is called without any.
        open: What opens the object: the name of a method or a callable. A callable which is bound to something or
            takes no argument is called as it is, any other with the object: ``functools.partial(Store.connect,
            retries=3)``.
        close: What closes it, likewise.
        operations: The names of the operations; all public methods by default.
        idempotent: Which of them a policy may try again.
        check: What tells its health, as `open`; by default ``check_health``, ``health_check``, ``healthcheck``,
            ``check``, ``health``, ``is_healthy`` or ``ping``. It may answer with a `Health`, true or false, None,
            a word, a mapping with a status, or raise.
        sync: What a call of a plain method is: ``"wait"`` for the thread, ``"await"`` to be awaited, ``"inline"``
            to run where it is called, without a thread. Found out by default.
        reload: How a reload replaces it; ``"swap"`` for a factory only.

    Returns:
        A provider, to be registered as any other.

    Raises:
        InvalidInputError: An argument cannot be, or contradicts another one.
    """
    _check_subject(subject, config, reload)
    if sync not in (None, "wait", "await", "inline"):
        raise InvalidInputError("sync", f"is {sync!r}", "write 'wait', 'await' or 'inline'")
    is_factory = inspect.isclass(subject) or inspect.isroutine(subject) or isinstance(subject, functools.partial)
    cls = _class_of(subject) if is_factory else subject.__class__
    instance = None if is_factory else subject
    names = operations if operations is None or isinstance(operations, str) else tuple(operations)
    blueprint = Blueprint(
        instance, subject if is_factory else None, cls, open, close, check, names, frozenset(idempotent), sync
    )
    lifecycle = find_lifecycle(cls, open, close, instance)
    title = _title(subject, cls)
    adapted = _new_class(title, blueprint, reload)
    adapted._lifecycle = lifecycle
    found = learn(adapted, cls, blueprint, instance) if cls is not None else ()
    if metadata is None:
        metadata = ProviderMetadata(
            name=_name(title) if name is None else name,
            type=_type(type),
            description=(inspect.getdoc(cls) or "").partition("\n")[0] if cls is not None else "",
            version="0" if version is None else version,
            capabilities=list(found if capabilities is None else capabilities),
        )
    elif (name, type, version, capabilities) != (None, None, None, None):
        raise InvalidInputError("metadata", "stands beside a name, type, version or capabilities", "give the one")
    return adapted(metadata, config)


def _check_subject(subject: Any, config: Any, reload: str) -> None:
    is_class = inspect.isclass(subject)
    if subject is None or any(map(_is_provider, (subject,) if is_class else (type(subject), subject.__class__))):
        what = "is None" if subject is None else "is a Provider already"
        raise InvalidInputError("subject", what, None if subject is None else "register it as it is")
    if is_class and inspect.isabstract(subject):
        missing = ", ".join(sorted(getattr(subject, "__abstractmethods__", ())))
        advice = f"a subclass has to write {missing}"
        raise InvalidInputError("subject", f"{subject.__qualname__} is abstract", advice)
    if reload not in ("in_place", "swap"):
        raise InvalidInputError("reload", f"is {reload!r}", "write 'in_place' or 'swap'")
    if is_class or inspect.isroutine(subject) or isinstance(subject, functools.partial):
        _check_arguments(subject, () if config is None else (config,))
    elif config is not None or reload == "swap":
        argument, what = (
            ("config", "an instance was built with its own")
            if config is not None
            else ("reload", "there is no other instance to swap with")
        )
        raise InvalidInputError(argument, what, "adapt its class, or a factory")


def _is_provider(cls: type) -> bool:
    """Whether a class is a provider by itself: what only inherits from a converted one may be legacy still."""
    return issubclass(cls, Provider) and (not issubclass(cls, LegacyProvider) or LegacyProvider in cls.__bases__)


def _check_arguments(factory: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # it does not tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        how = "with its config as the only argument" if arguments else "without arguments"
        advice = "bind what it takes: adapt(functools.partial(factory, ...))"
        raise InvalidInputError("subject", f"cannot be called {how}: {error}", advice) from None


def _class_of(factory: Any) -> type | None:
    """The class that a factory makes instances of, if that is plain."""
    while isinstance(factory, functools.partial):
        factory = factory.func
    return factory if inspect.isclass(factory) else None


def _title(subject: Any, cls: type | None) -> str:
    """What to call it."""
    if cls is not None:
        return cls.__name__
    while isinstance(subject, functools.partial):
        subject = subject.func
    return str(getattr(subject, "__name__", "factory"))


def _name(title: str) -> str:
    name = provider_name_of(title)
    if not name.isidentifier():  # <lambda>
        raise InvalidInputError("name", f"cannot be made from {title!r}", 'give one: adapt(..., name="...")')
    return name


def _type(given: ProviderType | str | None) -> ProviderType:
    if given is None:
        return ProviderType.CUSTOM
    try:
        return ProviderType(given)
    except ValueError:
        known = ", ".join(each.value for each in ProviderType)
        raise InvalidInputError("type", f"is {given!r}", f"one of {known}") from None


def _new_class(title: str, blueprint: Blueprint, reload: Literal["in_place", "swap"]) -> builtins.type[Adapted]:
    """A class of its own for each that is adapted: operations stand on classes."""
    stem = title if title.isidentifier() else "Factory"
    namespace = {
        "_blueprint": blueprint,
        "_config_is_final": blueprint.factory is not None,
        "provider_reload": reload,
        "__module__": __name__,
        "__doc__": f"A provider around {title}.",
    }
    return builtins.type(f"Adapted{stem[:1].upper()}{stem[1:]}", (Adapted,), namespace)
