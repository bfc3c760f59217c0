"""Reads pickles of plain data without running anything that they say.

`pickle` itself calls whatever a pickle names. Here the opcodes, which `pickletools` takes apart, are carried out
by a machine of our own that knows containers, texts, numbers and times, and nothing else: no name is imported, and
nothing is called but the constructors in `_KNOWN`. The format: https://peps.python.org/pep-3154/ and, by
opcode, the source of the standard library's `pickletools`.
"""

from __future__ import annotations

import pickle
import pickletools
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["MAX_BYTES", "UnsafePickleError", "read_pickle"]

#: How long a pickle may be, in bytes, and also all its texts, each counted wherever it stands; how many values it
#: may hold, counted likewise; how deep; and how large an integer in it may be.
MAX_BYTES = 64 * 1024 * 1024
MAX_VALUES = 1_000_000
MAX_DEPTH = 200
MAX_BITS = 4096
#: How many values may be hashed, apart from texts that are keys: JSON has no others, and no sets. Tuples that hold
#: others twice, and numbers that were chosen to have one hash, would take forever.
MAX_HASHED = 10_000

#: How many opcodes a value takes at most: that of a time seven.
_OPCODES = 8


class UnsafePickleError(ValueError):
    """A pickle is more than plain data, or damaged."""


def read_pickle(data: bytes) -> Any:
    """The plain data that a pickle holds.

    Args:
        data: The pickle: one, and nothing behind it.

    Raises:
        UnsafePickleError: It holds something else, is too large, too deep, or no pickle.
    """
    if len(data) > MAX_BYTES:
        raise UnsafePickleError(f"is a pickle of {len(data):,} bytes, more than the {MAX_BYTES:,} allowed")
    machine = _Machine()
    try:
        end: int | None = None
        for number, (opcode, argument, end) in enumerate(pickletools.genops(data)):  # noqa: B007 - where the last one is
            if number > MAX_VALUES * _OPCODES:
                raise UnsafePickleError(_MANY.format(MAX_VALUES))
            machine.step(opcode.name, argument)
        if end != len(data) - 1:
            raise UnsafePickleError("is a pickle with more bytes behind it")
        value = machine.result()
    except UnsafePickleError:
        raise
    except Exception as error:  # damage shows as almost anything
        raise UnsafePickleError(f"is no pickle that can be read: {type(error).__name__}: {error}"[:200]) from None
    _measure(value)
    return value


class _Name:
    """A name that a pickle mentions, and what is done for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        if name not in _KNOWN:
            raise UnsafePickleError(f"is a pickle that names {name!r:.80}, which is not plain data")

    def build(self, arguments: tuple[Any, ...]) -> Any:
        return _KNOWN[self.name](*arguments)


class _BareUUID:
    """A UUID whose number comes with the next opcode."""

    def __init__(self) -> None:
        self.places: list[int] = []  # where in the memo it is


_MARK = object()
_MANY = "is a pickle of more than {:,} values"
_LONG = "is a pickle whose texts are longer than {:,} bytes, counted wherever they stand"


class _Machine:
    """The stack and the memo, and what each opcode does with them."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._hashed = 0
        self._converted = 0  # of all that constructors were given, since they may be given the same often

    def result(self) -> Any:
        [value] = self._stack
        return value

    def step(self, opcode: str, argument: Any) -> None:
        if opcode in _CONSTANTS:
            self._stack.append(_CONSTANTS[opcode])
        elif opcode in _LITERALS:
            if isinstance(argument, int) and argument.bit_length() > MAX_BITS:
                raise UnsafePickleError(f"is a pickle with an integer of more than {MAX_BITS:,} bits")
            self._stack.append(argument)
        elif opcode in _EMPTY:
            self._stack.append(_EMPTY[opcode]())
        elif opcode not in _IGNORED:
            method: Callable[[Any], None] | None = getattr(self, f"_{opcode.lower()}", None)
            if method is None:
                raise UnsafePickleError(f"is a pickle with the opcode {opcode}, which plain data has no need of")
            method(argument)

    def _proto(self, version: int) -> None:
        if version > pickle.HIGHEST_PROTOCOL:
            raise UnsafePickleError(f"is a pickle of protocol {version}, which is not known")

    def _mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _pop(self, _: Any) -> None:
        self._stack.pop()

    def _pop_mark(self, _: Any) -> None:
        self._above_mark()

    def _memoize(self, _: Any) -> None:
        self._put(len(self._memo))

    def _put(self, index: int) -> None:
        value = self._memo[index] = self._stack[-1]
        if isinstance(value, _BareUUID):
            value.places.append(index)

    _binput = _long_binput = _put

    def _get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    _binget = _long_binget = _get

    def _append(self, _: Any) -> None:
        value = self._stack.pop()
        self._container(list).append(value)

    def _appends(self, _: Any) -> None:
        values = self._above_mark()
        self._container(list).extend(values)

    def _setitem(self, _: Any) -> None:
        pair = self._stack[-2:]
        del self._stack[-2:]
        self._fill(self._container(dict), pair)

    def _setitems(self, _: Any) -> None:
        pairs = self._above_mark()
        self._fill(self._container(dict), pairs)

    def _dict(self, _: Any) -> None:
        found: dict[Any, Any] = {}
        self._fill(found, self._above_mark())
        self._stack.append(found)

    def _empty_set(self, _: Any) -> None:
        self._hash([None])  # a set takes much room
        self._stack.append(set())

    def _additems(self, _: Any) -> None:
        values = self._above_mark()
        self._hash(values)
        self._container(set).update(values)

    def _frozenset(self, _: Any) -> None:
        values = self._above_mark()
        self._hash(values)
        self._stack.append(frozenset(values))

    def _list(self, _: Any) -> None:
        self._stack.append(self._above_mark())

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._above_mark()))

    def _tuple1(self, _: Any) -> None:
        self._stack[-1:] = [tuple(self._stack[-1:])]

    def _tuple2(self, _: Any) -> None:
        self._stack[-2:] = [tuple(self._stack[-2:])]

    def _tuple3(self, _: Any) -> None:
        self._stack[-3:] = [tuple(self._stack[-3:])]

    def _global(self, argument: str) -> None:
        self._stack.append(_Name(argument.replace(" ", ".")))

    def _stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise UnsafePickleError("is a pickle that names something by what is no text")
        self._stack.append(_Name(f"{module}.{name}"))

    def _reduce(self, _: Any) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not (isinstance(name, _Name) and isinstance(arguments, tuple)):
            raise UnsafePickleError("is a pickle that calls something that is not plain data")
        for argument in arguments:
            if isinstance(argument, list):
                self._hash(argument)
            elif isinstance(argument, (str, bytes)):
                self._converted += len(argument)
        if self._converted > MAX_BYTES:
            raise UnsafePickleError(_LONG.format(MAX_BYTES))
        self._stack.append(name.build(arguments))

    _newobj = _reduce

    def _build(self, _: Any) -> None:
        state, bare = self._stack.pop(), self._stack.pop()
        if not isinstance(bare, _BareUUID):
            raise UnsafePickleError("is a pickle that sets the attributes of an object")
        number = state["int"]
        if type(number) is not int:
            raise UnsafePickleError("is a pickle with a UUID whose number is none")
        built = UUID(int=number)
        self._stack.append(built)
        for index in bare.places:
            self._memo[index] = built
        bare.places = []

    def _above_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise UnsafePickleError("is no pickle that can be read: a mark is missing")
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _fill(self, filled: dict[Any, Any], pairs: list[Any]) -> None:
        keys = pairs[::2]
        self._hash(key for key in keys if type(key) is not str)
        filled.update(zip(keys, pairs[1::2], strict=True))

    def _hash(self, values: Iterable[Any]) -> None:
        """Count what is to be hashed, before it is."""
        for value in values:
            for _ in _walk(value):
                self._hashed += 1
                if self._hashed > MAX_HASHED:
                    raise UnsafePickleError(
                        f"is a pickle whose keys and sets hold more than {MAX_HASHED:,} values; JSON has texts as "
                        "keys, and no sets"
                    )

    def _container(self, kind: type[Any]) -> Any:
        if type(self._stack[-1]) is not kind:
            raise UnsafePickleError(f"is a pickle that fills something that is no {kind.__name__}")
        return self._stack[-1]


def _measure(root: Any) -> None:
    """See that a value is finite, and of what size it is written out.

    Raises:
        UnsafePickleError: It is too large, too deep, or not plain data.
    """
    length = 0
    for count, value in enumerate(_walk(root), 1):
        if count > MAX_VALUES:
            raise UnsafePickleError(_MANY.format(MAX_VALUES))
        if isinstance(value, (str, bytes)):
            length += len(value)
            if length > MAX_BYTES:
                raise UnsafePickleError(_LONG.format(MAX_BYTES))


def _walk(root: Any) -> Iterator[Any]:
    """All values in a value, each as often as it stands there; containers may hold each other, or themselves."""
    levels: list[Iterator[Any]] = [iter((root,))]
    while levels:
        for value in levels[-1]:
            if len(levels) > MAX_DEPTH + 1:
                raise UnsafePickleError(f"is a pickle that is nested more than {MAX_DEPTH} levels deep")
            yield value
            if isinstance(value, dict):
                levels.append(chain.from_iterable(value.items()))
                break
            if isinstance(value, (list, tuple, set, frozenset)):
                levels.append(iter(cast("list[Any]", value)))
                break
            if not isinstance(value, _PLAIN):
                raise UnsafePickleError("is a pickle that holds something that is not plain data")
        else:
            levels.pop()


def _encode(text: str, codec: str) -> bytes:
    if codec != "latin1":
        raise UnsafePickleError("is a pickle that uses a codec other than latin1")
    return text.encode("latin-1")


def _uuid(*arguments: Any) -> _BareUUID:
    """A UUID as ``copyreg`` or NEWOBJ makes it, without its number."""
    own = [argument.name if isinstance(argument, _Name) else argument for argument in arguments]
    if own not in ([], ["uuid.UUID", "builtins.object", None], ["uuid.UUID", "__builtin__.object", None]):
        raise UnsafePickleError("is a pickle that builds an object of a class")
    return _BareUUID()


def _object(*_: Any) -> Any:
    raise UnsafePickleError("is a pickle that builds an object of a class")


def _bytes(data: bytes = b"") -> bytes:
    if not isinstance(data, bytes):  # bytes(10**12) would be a terabyte
        raise UnsafePickleError("is a pickle that makes bytes of something else")
    return data


def _set_of(kind: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def build(values: list[Any]) -> Any:
        if not isinstance(values, list):  # what a list holds was counted
            raise UnsafePickleError("is a pickle that makes a set of something else")
        return kind(values)

    return build


def _decimal(text: str) -> Decimal:
    if not isinstance(text, str):
        raise UnsafePickleError("is a pickle that makes a number of something else")
    return Decimal(text)


#: Every name that a pickle may mention, and what is done for it.
_KNOWN: dict[str, Callable[..., Any]] = {
    "datetime.datetime": datetime,
    "datetime.date": date,
    "datetime.time": time,
    "datetime.timedelta": timedelta,
    "datetime.timezone": timezone,
    "decimal.Decimal": _decimal,
    "uuid.UUID": _uuid,
    "copy_reg._reconstructor": _uuid,
    "copyreg._reconstructor": _uuid,
    "_codecs.encode": _encode,
}
for _module in ("builtins", "__builtin__"):
    _KNOWN[f"{_module}.bytes"] = _bytes
    _KNOWN[f"{_module}.set"] = _set_of(set)
    _KNOWN[f"{_module}.frozenset"] = _set_of(frozenset)
    _KNOWN[f"{_module}.object"] = _object

_PLAIN = (type(None), bool, int, float, str, bytes, datetime, date, time, timedelta, timezone, Decimal, UUID)

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple
}  # fmt: skip
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE",
    "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_IGNORED = {"FRAME", "STOP"}
