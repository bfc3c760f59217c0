"""The methods of legacy classes, as they stand in the class."""

from __future__ import annotations

import inspect
from typing import Any

from purveyor.operations import OperationInfo

__all__ = ["find_attribute", "find_method", "is_coroutine_function", "needs_arguments", "without_lease"]

#: Where the bases of converted classes are from: what stands there does nothing.
_BASES = ("purveyor.migrate.legacy", "purveyor.provider")


def find_attribute(cls: type | None, name: str) -> Any:
    """What stands under a name in a class or its bases, as it is written there; None if nothing does."""
    for base in cls.__mro__ if cls is not None else ():  # inspect.getattr_static takes ten times as long
        if name in vars(base) and base.__module__ not in _BASES:
            return vars(base)[name]
    return None


def find_method(cls: type | None, name: str) -> Any:
    """A method that instances of a class have; None for what is no method, or one of the class itself."""
    found = find_attribute(cls, name)
    if isinstance(found, (staticmethod, classmethod, property, type)):
        return None
    return found if callable(found) else None


def needs_arguments(method: Any) -> bool:
    """Whether a method of a class cannot be called with the object alone; not if it does not tell."""
    try:
        inspect.signature(method).bind(None)
    except TypeError:
        return True
    except ValueError:
        return False
    return False


def is_coroutine_function(function: Any) -> bool:
    """Whether calling something gives a coroutine, as far as can be seen."""
    call = getattr(type(function), "__call__", None)  # noqa: B004 - of an object that is called as a function is
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def without_lease(method: Any) -> Any:
    """A bound method; of an operation what it is put around, which is neither leased nor counted."""
    if inspect.ismethod(method) and isinstance(getattr(method, "__operation__", None), OperationInfo):
        return getattr(method, "__wrapped__").__get__(method.__self__)  # noqa: B009
    return method
