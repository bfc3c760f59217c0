from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

import purveyor.storage
from purveyor.errors import (
    InvalidInputError,
    ObjectNotFoundError,
    PartialDeleteError,
    StoreClosedError,
    StoreError,
    UnsupportedError,
)
from purveyor.metadata import ProviderMetadata, ProviderType
from purveyor.storage import Listing, LocalStorage, ObjectMeta, StorageProvider

METADATA = ProviderMetadata("files", ProviderType.STORAGE, "test", "1")


class Minimal(StorageProvider[dict[str, str]]):
    """Written to the two hooks alone, without a constructor of its own."""

    async def _initialize_storage(self) -> None:
        self._storage = object()  # type: ignore[assignment]

    async def _cleanup_storage(self) -> None:
        self.state["cleanups"] = self.state.get("cleanups", 0) + 1
        self._storage = None


async def test_the_hooks_alone_make_a_provider() -> None:
    provider = Minimal(METADATA, {})
    assert provider.provider_type is ProviderType.STORAGE
    assert provider.storage is None
    await provider.cleanup()
    assert provider.state == {}
    for times in (1, 2):
        await provider.initialize()
        assert provider.storage is not None
        await provider.reload()
        assert provider.state["cleanups"] == times * 2 - 1
        await provider.cleanup()
        assert provider.storage is None


async def test_a_storage_that_its_author_does_not_reset() -> None:
    class Careless(Minimal):
        async def _cleanup_storage(self) -> None:
            self.state["cleanups"] = self.state.get("cleanups", 0) + 1

    provider = Careless(METADATA, {})
    await provider.initialize()
    await provider.reload()
    assert provider.state == {"cleanups": 1}
    assert provider.storage is not None


class NothingMore:
    """A storage without any capability, whose deletes fail for one path."""

    capabilities: frozenset[str] = frozenset()

    async def put(self, path: str, data: object, **options: object) -> ObjectMeta:
        return ObjectMeta(path, 0, "e", 0.0)

    async def delete(self, paths: list[str]) -> list[bool | StoreError]:
        return [StoreError("s", "broken") if path == "bad" else path != "absent" for path in paths]

    async def presign(self, path: str, *, method: str, expires: int) -> str:
        return f"https://storage/{path}?{method}&{expires}"


class Plain(Minimal):
    async def _initialize_storage(self) -> None:
        self._storage = NothingMore()  # type: ignore[assignment]


@pytest.fixture
async def plain() -> Plain:
    provider = Plain(METADATA, {})
    await provider.initialize()
    return provider


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": "text/plain"},
        {"metadata": {"a": "b"}},
        {"checksum": "sha256:" + "0" * 64},
        {"if_none_match": "*"},
        {"if_match": "e"},
    ],
)
async def test_what_the_backend_cannot_do_is_refused(plain: Plain, options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match="NothingMore does not support"):
        await plain.put("a", b"", **options)
    assert await plain.put("a", b"")


async def test_presigned_urls(plain: Plain) -> None:
    assert await plain.presign("a", method="PUT", expires=60) == "https://storage/a?PUT&60"
    bad: list[dict[str, Any]] = [
        {"method": "POST"}, {"expires": 0}, {"expires": 604_801}, {"expires": 1.5}, {"expires": True},
    ]  # fmt: skip
    for options in bad:
        with pytest.raises(InvalidInputError):
            await plain.presign("a", **options)


async def test_a_partial_delete_says_what_was_and_what_was_not_deleted(plain: Plain) -> None:
    with pytest.raises(PartialDeleteError) as caught:
        await plain.delete_many(["a", "bad", "absent", "b"])
    assert caught.value.deleted == 2
    assert list(caught.value.errors) == ["bad"]
    assert str(caught.value) == "2 deleted, 1 failed, the first with: s: broken"
    with pytest.raises(StoreError, match="broken"):
        await plain.delete("bad")
    assert await plain.delete_many(["a", "a", "absent"]) == 1
    assert await plain.delete_many([]) == 0


async def test_before_it_is_open_every_operation_says_so() -> None:
    provider = Minimal(METADATA, {})
    for call in (
        provider.put("a", b""),
        provider.get("a"),
        provider.head("a"),
        provider.head_many(["a"]),
        provider.exists("a"),
        provider.delete("a"),
        provider.delete_many(["a"]),
        provider.copy("a", "b"),
        provider.rename("a", "b"),
        provider.presign("a"),
        provider.list(),
    ):
        with pytest.raises(StoreClosedError, match="'files'.*is not open"):
            await call
    with pytest.raises(StoreClosedError):
        async for _ in provider.stream("a"):
            pass


async def test_bad_paths_are_refused_by_every_operation(files: LocalStorage) -> None:
    await files.put("a", b"x")
    for path in ("..", "/a", "", "a\0", ".purveyor/tmp"):
        for call in (
            files.put(path, b""),
            files.get(path),
            files.head(path),
            files.head_many(["a", path]),
            files.exists(path),
            files.delete(path),
            files.delete_many(["a", path]),
            files.copy(path, "b"),
            files.copy("a", path),
            files.rename(path, "b"),
            files.rename("a", path),
            files.presign(path),
        ):
            with pytest.raises(InvalidInputError):
                await call
        with pytest.raises(InvalidInputError):
            async for _ in files.stream(path):
                pass
    assert [meta.path for meta in await files.list()] == ["a"]


@pytest.mark.parametrize(
    ("operation", "arguments", "options", "where"),
    [
        ("put", ("a", b""), {"if_none_match": "etag"}, "if_none_match"),
        ("put", ("a", b""), {"if_match": ""}, "if_match"),
        ("put", ("a", b""), {"if_match": 3}, "if_match"),
        ("put", ("a", b""), {"if_match": "e", "if_none_match": "*"}, "if_match"),
        ("get", ("a",), {"start": -1}, "start"),
        ("get", ("a",), {"start": True}, "start"),
        ("get", ("a",), {"length": -1}, "length"),
        ("get", ("a",), {"length": 1.0}, "length"),
        ("get", ("a",), {"if_match": ""}, "if_match"),
        ("list", (), {"limit": 0}, "limit"),
        ("list", (), {"delimiter": "-"}, "delimiter"),
        ("list", ("a//",), {}, "prefix"),
        ("delete_many", ("abc",), {}, "paths"),
        ("delete_many", (["a", ""],), {}, "paths[1]"),
        ("head_many", ("abc",), {}, "paths"),
        ("copy", ("a", "a"), {}, "target"),
        ("rename", ("a", "a"), {}, "target"),
        ("copy", ("a", "b"), {"if_none_match": "e"}, "if_none_match"),
    ],
)
async def test_bad_arguments_are_refused(
    files: LocalStorage, operation: str, arguments: tuple[object, ...], options: dict[str, object], where: str
) -> None:
    await files.put("a", b"x")
    with pytest.raises(InvalidInputError) as caught:
        await getattr(files, operation)(*arguments, **options)
    assert caught.value.where == where
    assert caught.value.hint


async def test_a_chunk_size_must_be_one(files: LocalStorage) -> None:
    with pytest.raises(InvalidInputError, match="chunk_size"):
        async for _ in files.stream("a", chunk_size=0):
            pass


async def test_what_is_missing_is_an_error_only_where_it_must_be(files: LocalStorage) -> None:
    for call in (files.get("a/b"), files.head("a/b"), files.copy("a/b", "c"), files.rename("a/b", "c")):
        with pytest.raises(ObjectNotFoundError, match="a/b: no such object"):
            await call
    assert not await files.exists("a/b")
    assert not await files.delete("a/b")
    assert await files.head_many(["a/b"]) == {}


def forged(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


async def test_only_cursors_of_the_same_listing_are_taken(files: LocalStorage) -> None:
    for path in ("a/1", "a/2", "a/3", "b"):
        await files.put(path, b"")
    page = await files.list("a/", limit=1)
    assert page.cursor
    assert [meta.path for meta in await files.list("a/", cursor=page.cursor)] == ["a/2", "a/3"]
    for cursor in (
        "",
        "!",
        "é",
        3,
        page.cursor[:-3],
        forged("a/", None),
        forged("a/", None, 3),
        forged("a/", None, "../x"),
        forged("b/", None, "a/1"),
        forged({}),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ):
        with pytest.raises(InvalidInputError, match="cursor"):
            await files.list("a/", cursor=cursor)  # type: ignore[arg-type]
    for options in ({"prefix": "a"}, {"prefix": "a/", "delimiter": "/"}):
        with pytest.raises(InvalidInputError, match="cursor"):
            await files.list(**options, cursor=page.cursor)  # type: ignore[arg-type]


def test_a_listing_is_a_sequence() -> None:
    one, two = ObjectMeta("a", 1, "e", 0.0), ObjectMeta("b", 2, "f", 0.0, metadata={"k": "v"})
    listing = Listing((one, two), ("c/",))
    assert len(listing) == 2
    assert listing[0] is one
    assert listing[:1] == (one,)
    assert list(listing) == [one, two]
    assert one in listing
    assert len({one, two, two}) == 2


def test_the_package_loads_what_is_asked_for() -> None:
    assert set(purveyor.storage.__all__) <= set(dir(purveyor.storage))
    for name in purveyor.storage.__all__:
        assert getattr(purveyor.storage, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        purveyor.storage.nothing  # noqa: B018


def test_the_protocol_alone_loads_no_driver() -> None:
    code = "import sys, purveyor.storage as s; s.StorageProvider; print([m for m in sys.modules if 'storage.local' in m])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
