"""Pickles: plain data comes out of them, and nothing that they say is ever run."""

from __future__ import annotations

import collections
import contextlib
import os
import pickle
import struct
import subprocess
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.migrate.data import pickles
from purveyor.migrate.data.pickles import UnsafePickleError, read_pickle

PLAIN: list[Any] = [
    None,
    True,
    [1, -1, 2**31, 2**70, 1.5, float("inf"), "é\n'", "x" * 300, b"", b"abc", b"x" * 300],
    {"a": {"b": (1, 2, 3, 4), "c": (), "d": (1,), "e": (1, 2), "f": (1, 2, 3)}},
    {1, 2, 3},
    set(),
    frozenset({"a", "b"}),
    frozenset(),
    datetime(2024, 3, 1, 10, 0, 0, 123456),
    datetime(2024, 3, 1, tzinfo=timezone(timedelta(hours=2), "here")),
    datetime(2024, 3, 1, tzinfo=UTC, fold=1),
    [date(2024, 3, 1), time(10, 30), timedelta(days=1, microseconds=5)],
    [UUID(int=5), UUID(int=5)],
    Decimal("1.10"),
    [["shared"]] * 3,
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", PLAIN, ids=[str(number) for number in range(len(PLAIN))])
def test_plain_data_of_every_protocol_comes_out(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol=protocol)
    found, expected = read_pickle(data), pickle.loads(data)  # which keeps no fold in old protocols
    assert found == expected == value
    assert repr(found) == repr(expected) or isinstance(value, (set, frozenset))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    ),
    st.integers(0, 5),
)
def test_any_plain_data_comes_out(value: Any, protocol: int) -> None:
    assert read_pickle(pickle.dumps(value, protocol=protocol)) == value


class Runs:
    """Runs something when it is unpickled, by the means of `pickle` itself."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


class Stateful:
    def __init__(self) -> None:
        self.state = 1


class Listed(list[int]):
    pass


MALICIOUS: dict[str, Any] = {
    "os.system": Runs(os.system, "touch owned"),
    "subprocess": Runs(subprocess.check_output, ["touch", "owned"]),
    "eval": Runs(eval, "open('owned', 'w')"),
    "exec": Runs(exec, "open('owned', 'w')"),
    "open": Runs(open, "owned", "w"),
    "getattr": Runs(getattr, dict, "fromkeys"),
    "import": Runs(__import__, "os"),
    "partial": Runs(partial, os.system, "touch owned"),
    "bytes of a terabyte": Runs(bytes, 10**12),
    "bytearray": bytearray(b"x"),
    "a class of one's own": Stateful(),
    "a list of one's own": Listed([1]),
    "an ordered dictionary": collections.OrderedDict(a=1),
    "a complex number": 1j,
    "a range": range(10),
    "a function": len,
    "a type": int,
    "a name that is allowed, but is no value": datetime,
    "a path": Path("x"),
    "an exception": ValueError("x"),
}


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("attack", MALICIOUS)
def test_nothing_that_a_pickle_says_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for payload in (MALICIOUS[attack], [MALICIOUS[attack]], {"value": MALICIOUS[attack]}):
        with pytest.raises(UnsafePickleError):
            read_pickle(pickle.dumps(payload, protocol=protocol))
    assert [*tmp_path.iterdir()] == []


BY_HAND: dict[str, bytes] = {
    "persistent id": b"Pid\n.",
    "binary persistent id": b"\x80\x02U\x02idQ.",
    "extension": b"\x80\x02\x82\x01.",
    "INST": b"(S'touch owned'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'touch owned'\no.",
    "GLOBAL": b"cos\nsystem\n(S'touch owned'\ntR.",
    "GLOBAL with blanks": b"cdatetime\ndatetime.__class__\n.",
    "STACK_GLOBAL of numbers": b"\x80\x04K\x01K\x02\x93.",
    "STACK_GLOBAL with a dot": b"\x80\x04\x8c\x08datetime\x8c\x12datetime.fromordinal\x93.",
    "a codec that decompresses": b"c_codecs\nencode\n(Vx\nVzlib\ntR.",
    "a codec that is no text": b"c_codecs\nencode\n(Vx\nK\x01tR.",
    "bytes of a text": b"c__builtin__\nbytes\n(Vx\ntR.",
    "a number of a tuple": b"cdecimal\nDecimal\n((I1\nttR.",
    "an object": b"c__builtin__\nobject\n)R.",
    "a reconstructed datetime": b"ccopy_reg\n_reconstructor\n(cdatetime\ndatetime\nc__builtin__\nobject\nNtR.",
    "a UUID with an argument": b"cuuid\nUUID\n(I1\ntR.",
    "a UUID without a number": b"cuuid\nUUID\n)R.",
    "a UUID with an odd number": b"cuuid\nUUID\n)R(dS'int'\nNsb.",
    "BUILD on a dictionary": b"}}b.",
    "BUILD with a slot": b"cuuid\nUUID\n)R(d(Vint\nI1\nsb.",
    "REDUCE of a text": b"Vx\n)R.",
    "REDUCE with a list": b"cdatetime\ndatetime\n]R.",
    "wrong arguments": b"cdatetime\ndatetime\n(Vx\nVy\ntR.",
    "a timedelta beyond all": b"cdatetime\ntimedelta\n(L99999999999999L\ntR.",
    "APPEND to a dictionary": b"}I1\na.",
    "SETITEM on a list": b"](I1\nI2\nu.",
    "ADDITEMS to a list": b"\x80\x04](K\x01\x90.",
    "an unhashable key": b"}]I1\ns.",
    "a protocol of the future": b"\x80\x06N.",
    "STACK_GLOBAL of a list": b"\x80\x04](K\x01e\x8c\x01x\x93.",
    "a codec that is a list": b"c_codecs\nencode\n(Vx\n]tR.",
    "a set of a text": b"c__builtin__\nset\n(Vabc\ntR.",
    "a UUID with a number that is none": b"cuuid\nUUID\n)R(dVint\nF1.5\nsb.",
    "an integer of too many bits": b"\x8b" + struct.pack("<i", 600) + b"\x7f" * 600 + b".",
    "no mark": b"I1\nt.",
    "an odd dictionary": b"(I1\nd.",
    "an unknown memo": b"g5\n.",
    "an empty stack": b".",
    "two values": b"I1\nI2\n.",
    "a mark left": b"(I1\n.",
    "no end": b"I1\n",
    "an unknown opcode": b"\xff.",
    "more behind it": b"I1\n.I2\n.",
    "cut short": pickle.dumps({"a": [1, 2, 3]})[:-4],
    "an integer of too many digits": b"I" + b"9" * 5000 + b"\n.",
    "a length beyond the end": b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.",
    "old strings": b"U\x01x.",
    "DUP": b"I1\n2.",
    "too long": b"N" * 100 + b".",
}


@pytest.mark.parametrize("attack", BY_HAND)
def test_pickles_that_no_pickler_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    monkeypatch.chdir(tmp_path)
    if attack == "too long":
        monkeypatch.setattr(pickles, "MAX_BYTES", 100)
    with pytest.raises(UnsafePickleError):
        read_pickle(BY_HAND[attack])
    assert [*tmp_path.iterdir()] == []


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "MAX_VALUES", 10_000)
    bomb: list[Any] = []
    for _ in range(60):
        bomb = [bomb, bomb]  # 2 to the 60 lists
    with pytest.raises(UnsafePickleError, match="more than 10,000 values"):
        read_pickle(pickle.dumps(bomb))
    wide: list[Any] = [0] * 9_000
    for _ in range(3):
        wide = [wide] * 50
    with pytest.raises(UnsafePickleError, match="more than 10,000 values"):
        read_pickle(pickle.dumps(wide))
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(UnsafePickleError, match="more than 200 levels"):
        read_pickle(pickle.dumps(loop))
    recursive: tuple[Any, ...] = ([],)
    recursive[0].append(recursive)  # for which the pickler pops what it has pushed
    with pytest.raises(UnsafePickleError, match="more than 200 levels"):
        read_pickle(pickle.dumps(recursive))
    with pytest.raises(UnsafePickleError, match="more than 200 levels"):
        read_pickle(b"\x80\x04" + b"(" * 10_000 + b"N" + b"l" * 10_000 + b".")
    assert len(read_pickle(pickle.dumps([0] * 9_000))) == 9_000
    three: tuple[Any, ...] = ([], 1, 2, 3)
    three[0].append(three)
    with pytest.raises(UnsafePickleError, match="more than 200 levels"):
        read_pickle(pickle.dumps(three))


TOWER = b")\x94" + b"".join(b"h" + bytes([level]) + b"\x86\x94" for level in range(100))

HASHES: dict[str, bytes] = {
    "SETITEM": b"}" + TOWER + b"Ns.",
    "SETITEMS": b"}(" + TOWER + b"Nu.",
    "DICT": b"(" + TOWER + b"Nd.",
    "ADDITEMS": b"\x8f(" + TOWER + b"\x90.",
    "FROZENSET": b"(" + TOWER + b"\x91.",
    "a set by its name": b"c__builtin__\nset\n((" + TOWER + b"ltR.",
    "a member of a key": b"}(K\x01" + TOWER + b"tNs.",
}


@pytest.mark.parametrize("attack", HASHES)
def test_what_takes_forever_to_hash_is_counted_first(attack: str) -> None:
    data = HASHES[attack]
    with pytest.raises(UnsafePickleError, match="keys and sets hold more than 10,000 values"):
        read_pickle(data)


#: What a few bytes make much of, and what is said of it; with limits of 10,000 values and 10,000 bytes.
BOMBS: dict[str, tuple[bytes, str]] = {
    "opcodes": (b"N0" * 50_000 + b"N.", "more than 10,000 values"),
    "empty sets": (b"\x80\x04" + b"\x8f0" * 10_001 + b"N.", "keys and sets hold more than 10,000"),
    "a text that stands in many places": (
        b"\x80\x04](\x8c\x64" + b"x" * 100 + b"\x94" + b"h\x00" * 200 + b"e.",
        "texts are longer than 10,000 bytes",
    ),
    "bytes of one text": (
        b"\x80\x02c_codecs\nencode\nq\x00X\x64\0\0\0" + b"x" * 100 + b"X\x06\0\0\0latin1\x86q\x01R"
        + b"0h\x00h\x01R" * 100 + b".",
        "texts are longer than 10,000 bytes",
    ),
    "sets of one list": (
        b"\x80\x02c__builtin__\nset\nq\x00](" + b"K\x01" * 1_000 + b"e\x85q\x01R" + b"0h\x00h\x01R" * 10 + b".",
        "keys and sets hold more than 10,000",
    ),
    "a loop": (b"\x80\x02]q\x00(" + b"h\x00" * 9_000 + b"e.", "more than 200 levels"),
    "an integer": (b"\x8b" + struct.pack("<i", 600) + b"\x7f" * 600 + b".", "an integer of more than 4,096 bits"),
    "a text of too many bytes": (b"N" * 10_001, "is a pickle of 10,001 bytes, more than the 10,000 allowed"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_few_bytes_make_much_of_is_refused(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, said = BOMBS[bomb]
    monkeypatch.setattr(pickles, "MAX_VALUES", 10_000)
    if "bytes" in said:
        monkeypatch.setattr(pickles, "MAX_BYTES", 10_000)
    with pytest.raises(UnsafePickleError, match=said):
        read_pickle(data)


def test_keys_that_are_texts_are_not_few() -> None:
    assert len(read_pickle(pickle.dumps({str(number): 1 for number in range(20_000)}))) == 20_000
    assert read_pickle(pickle.dumps({(1, "x"): {2, 3}, None: frozenset({(4,)})})) == {
        (1, "x"): {2, 3}, None: frozenset({(4,)}),
    }  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
def test_what_stands_in_many_places_is_one(protocol: int) -> None:
    number, text = UUID(int=5), ["shared"]
    found = read_pickle(pickle.dumps([number, text, number, text], protocol=protocol))
    assert found == [number, text, number, text]
    assert found[0] is found[2]
    assert found[1] is found[3]


#: What a store may hold: something of everything that there is an opcode for.
SAMPLE = {
    "text": "é" * 3, "number": 2**40, "small": 7, "half": 0.5, "bytes": b"\0\xff", "none": None, "yes": True,
    "when": datetime(2024, 3, 1, tzinfo=UTC), "who": UUID(int=5), "much": Decimal("1.10"),
    "many": [(1, 2), {3}, frozenset({"a"}), ["again"] * 2],
}  # fmt: skip


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(is_plain, value))
    return value is None or isinstance(
        value, (bool, int, float, str, bytes, date, time, timedelta, timezone, Decimal, UUID)
    )


@pytest.mark.parametrize("protocol", range(6))
def test_damage_is_one_error_or_gives_plain_data(protocol: int) -> None:
    data = pickle.dumps(SAMPLE, protocol=protocol)
    damaged = [data[:length] for length in range(len(data))]
    for place in range(len(data)):
        damaged += [data[:place] + data[place + 1 :]]
        damaged += [
            data[:place] + bytes([byte]) + data[place + 1 :]
            for byte in {data[place] ^ 1, data[place] ^ 0x80, *b".(R0"}
        ]
    refused = 0
    for one in damaged:
        try:
            assert is_plain(read_pickle(one))
        except UnsafePickleError:
            refused += 1
    assert len(data) < refused < len(damaged)


PICKLES = [pickle.dumps(SAMPLE, protocol=protocol) for protocol in range(6)]


@given(
    st.sampled_from(PICKLES), st.lists(st.tuples(st.integers(0), st.binary(max_size=3)), min_size=1, max_size=4)
)
def test_much_damage_is_one_error_or_gives_plain_data(data: bytes, edits: list[tuple[int, bytes]]) -> None:
    for number, put in edits:
        place = number % len(data)
        data = data[:place] + put + data[place + 1 :] or b"."
    with contextlib.suppress(UnsafePickleError):
        assert is_plain(read_pickle(data))
