"""What LocalStorage does when nothing goes wrong."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from purveyor.errors import (
    ChecksumError,
    ConflictError,
    InvalidInputError,
    ObjectNotFoundError,
    PathObstructedError,
    StoreClosedError,
    StoreCorruptError,
    StoreError,
    UnsupportedError,
)
from purveyor.storage import LocalConfig, LocalStorage
from purveyor.storage.local.files import LocalFiles

from .helpers import descriptors, leftovers, local, tree

MIB = 1024 * 1024


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


async def asynchronous(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


async def test_bytes_come_back_as_they_went_in(files: LocalStorage, root: Path) -> None:
    meta = await files.put("a/b.txt", b"hello")
    assert (meta.path, meta.size, meta.content_type, meta.metadata, meta.checksum) == (
        "a/b.txt", 5, "text/plain", {}, None,
    )  # fmt: skip
    assert await files.get("a/b.txt") == b"hello"
    assert await files.head("a/b.txt") == meta
    assert (root / "a/b.txt").read_bytes() == b"hello"
    assert abs(meta.modified - (root / "a/b.txt").stat().st_mtime) < 1e-3


async def test_every_kind_of_source(files: LocalStorage, root: Path) -> None:
    big = os.urandom(9 * MIB)
    for path, data in {
        "bytes": big,
        "bytearray": bytearray(big),
        "list": [big[:10], big[10:]],
        "async": asynchronous(big[: 5 * MIB], b"", big[5 * MIB :]),
        "file": io.BytesIO(big),
    }.items():
        assert (await files.put(path, data)).size == len(big)  # type: ignore[arg-type]
        assert await files.get(path) == big
    for path, nothing in {"e1": b"", "e2": [], "e3": asynchronous(), "e4": io.BytesIO()}.items():
        assert (await files.put(path, nothing)).size == 0  # type: ignore[arg-type]
        assert await files.get(path) == b""


async def test_ranges(files: LocalStorage) -> None:
    data = bytes(range(100))
    await files.put("a", data)
    for start, length in [(0, None), (0, 0), (0, 5), (10, 20), (90, 50), (100, None), (100, 3), (50, None)]:
        end = None if length is None else start + length
        assert await files.get("a", start=start, length=length) == data[start:end]
        streamed = [chunk async for chunk in files.stream("a", start=start, length=length, chunk_size=7)]
        assert b"".join(streamed) == data[start:end]
        assert all(len(chunk) == 7 for chunk in streamed[:-1])
        assert b"" not in streamed
    with pytest.raises(InvalidInputError, match="beyond the end"):
        await files.get("a", start=101)


async def test_a_stream_stays_with_its_version(files: LocalStorage) -> None:
    await files.put("a", b"old" * 1000)
    async with aclosing(files.stream("a", chunk_size=100)) as chunks:
        got = await anext(chunks)
        await files.put("a", b"new" * 1000)
        await files.delete("a")
        async for chunk in chunks:
            got += chunk
    assert got == b"old" * 1000


async def test_a_stream_left_early_lets_go(files: LocalStorage) -> None:
    await files.put("a", b"x" * 1000)
    async with aclosing(files.stream("a", chunk_size=10)) as chunks:
        async for _ in chunks:
            break


async def test_attributes_are_kept_and_replaced_with_the_object(files: LocalStorage, root: Path) -> None:
    options = {"content_type": "text/x-poem; charset=utf-8", "metadata": {"owner": "ana"}}
    meta = await files.put("a", b"1", **options)  # type: ignore[arg-type]
    assert (meta.content_type, meta.metadata) == tuple(options.values())
    assert await files.head("a") == meta
    assert len(leftovers(root)) == 2  # the session and one sidecar
    again = await files.put("a", b"1", metadata={"owner": "bo"})
    assert again.etag != meta.etag
    assert await files.head("a") == again
    assert (again.content_type, again.metadata) == ("application/octet-stream", {"owner": "bo"})
    assert len(leftovers(root)) == 2
    assert (await files.put("a", b"1")).metadata == {}
    assert (await files.head("a")).metadata == {}
    assert len(leftovers(root)) == 1
    await files.put("a", b"1", metadata={"owner": "bo"})
    assert await files.delete("a")
    assert len(leftovers(root)) == 1


async def test_listings_carry_no_attributes(files: LocalStorage) -> None:
    meta = await files.put("a", b"1", content_type="text/html", metadata={"k": "v"}, checksum=sha256(b"1"))
    [listed] = await files.list()
    assert (listed.path, listed.size, listed.etag, listed.modified) == (meta.path, 1, meta.etag, meta.modified)
    assert (listed.content_type, listed.metadata, listed.checksum) == (None, {}, None)


async def test_checksums_guard_uploads(files: LocalStorage, root: Path) -> None:
    good = await files.put("a", b"data", checksum=sha256(b"data"))
    assert good.checksum == sha256(b"data")
    for data in (b"dataX", asynchronous(b"da", b"taX")):
        with pytest.raises(ChecksumError) as caught:
            await files.put("a", data, checksum=sha256(b"data"))
        assert caught.value.actual == sha256(b"dataX")
        with pytest.raises(ChecksumError):
            await files.put("new/b", b"other", checksum=sha256(b"data"))
    assert await files.head("a") == good
    assert tree(root) == ["a"]


async def test_checksums_guard_full_reads(files: LocalStorage, root: Path) -> None:
    data = os.urandom(100)
    await files.put("a", data, checksum=sha256(data))
    before = (root / "a").stat()
    (root / "a").write_bytes(b"\0" + data[1:])
    os.utime(root / "a", ns=(before.st_mtime_ns, before.st_mtime_ns))
    with pytest.raises(ChecksumError):
        await files.get("a")
    with pytest.raises(ChecksumError):
        async for _ in files.stream("a", chunk_size=9):
            pass
    assert await files.get("a", start=1) == data[1:]
    assert await files.get("a", length=99) == b"\0" + data[1:99]
    with pytest.raises(ChecksumError):
        await files.copy("a", "b")
    assert tree(root) == ["a"]


async def test_conditions(files: LocalStorage, root: Path) -> None:
    first = await files.put("a/x", b"1", if_none_match="*")
    with pytest.raises(ConflictError) as caught:
        await files.put("a/x", b"2", if_none_match="*")
    assert (caught.value.expected, caught.value.actual) == ("absent", first.etag)
    second = await files.put("a/x", b"2", if_match=first.etag)
    with pytest.raises(ConflictError) as caught:
        await files.put("a/x", b"3", if_match=first.etag)
    assert (caught.value.expected, caught.value.actual) == (first.etag, second.etag)
    for path in ("b", "c/d", "a/x/y"):
        with pytest.raises(ConflictError) as caught:
            await files.put(path, b"3", if_match=first.etag)
        assert caught.value.actual is None
    assert await files.get("a/x", if_match=second.etag) == b"2"
    with pytest.raises(ConflictError):
        await files.get("a/x", if_match=first.etag)
    with pytest.raises(ConflictError):
        async for _ in files.stream("a/x", if_match=first.etag):
            pass
    assert tree(root) == ["a", "a/x"]


async def test_a_failed_put_leaves_no_folders(files: LocalStorage, root: Path) -> None:
    with pytest.raises(ChecksumError):
        await files.put("a/b/c", b"1", checksum=sha256(b"2"))
    with pytest.raises(ConflictError):
        await files.put("a/b/c", b"1", if_match="etag")
    assert tree(root) == []


async def test_every_write_is_a_new_version(files: LocalStorage) -> None:
    etags = {(await files.put("a", b"same")).etag for _ in range(50)}
    assert len(etags) == 50


async def test_copy_and_rename_take_the_attributes_along(files: LocalStorage, root: Path) -> None:
    data = os.urandom(9 * MIB)
    meta = await files.put("a/b", data, content_type="x/y", metadata={"k": "v"}, checksum=sha256(data))
    copied = await files.copy("a/b", "c/d")
    assert (copied.content_type, copied.metadata, copied.checksum) == ("x/y", {"k": "v"}, sha256(data))
    assert copied.etag != meta.etag
    assert await files.head("c/d") == copied
    moved = await files.rename("a/b", "e/f/g")
    assert (moved.etag, moved.metadata) == (meta.etag, {"k": "v"})
    assert await files.head("e/f/g") == moved
    assert await files.get("e/f/g") == data
    assert tree(root) == ["c", "c/d", "e", "e/f", "e/f/g"]
    assert len(leftovers(root)) == 3
    back = await files.rename("e/f/g", "c/d")
    assert back.etag == meta.etag
    assert tree(root) == ["c", "c/d"]
    assert len(leftovers(root)) == 2


async def test_copy_and_rename_with_create_only(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"a", metadata={"k": "v"})
    await files.put("b", b"b")
    for call in (files.copy("a", "b", if_none_match="*"), files.rename("a", "b", if_none_match="*")):
        with pytest.raises(ConflictError):
            await call
    assert (await files.get("a"), await files.get("b")) == (b"a", b"b")
    await files.copy("a", "x/c", if_none_match="*")
    await files.rename("b", "x/d", if_none_match="*")
    assert tree(root) == ["a", "x", "x/c", "x/d"]


async def test_two_names_of_one_file_become_one_by_rename(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"x", metadata={"k": "v"})
    os.link(root / "a", root / "b")
    assert (await files.rename("a", "b")).metadata == {"k": "v"}
    assert tree(root) == ["b"]
    assert (await files.head("b")).metadata == {"k": "v"}


async def test_deleting_prunes_empty_folders(files: LocalStorage, root: Path) -> None:
    await files.put("a/b/c/1", b"")
    await files.put("a/2", b"")
    assert await files.delete("a/b/c/1")
    assert tree(root) == ["a", "a/2"]
    assert not await files.delete("a/b/c/1")
    assert await files.delete_many(["a/2", "a/3", "x", "a/2/4"]) == 1
    assert tree(root) == []
    assert await files.put("a", b"")


async def test_deleting_many_gives_a_true_count(files: LocalStorage, root: Path) -> None:
    paths = [f"{number % 7}/{number}" for number in range(300)]
    for path in paths:
        await files.put(path, b"")
    assert await files.delete_many([*paths, *paths, "absent"]) == 300
    assert tree(root) == []


async def test_an_object_and_a_folder_cannot_share_a_path(files: LocalStorage, root: Path) -> None:
    await files.put("a/b", b"1")
    for call in (
        files.put("a", b""),
        files.put("a", b"", if_none_match="*"),
        files.copy("a/b", "a"),
        files.rename("a/b", "a"),
    ):
        with pytest.raises(PathObstructedError) as caught:
            await call
        assert str(caught.value).startswith("a: a is a folder; ")
    for call in (files.put("a/b/c", b""), files.copy("a/b", "a/b/c/d"), files.rename("a/b", "a/b/c")):
        with pytest.raises(PathObstructedError, match="a/b is an object"):
            await call
    assert tree(root) == ["a", "a/b"]
    for path in ("a", "a/b/c"):
        assert not await files.exists(path)
        assert not await files.delete(path)
        with pytest.raises(ObjectNotFoundError):
            await files.get(path)


async def test_empty_folders_are_in_nobodys_way(files: LocalStorage, root: Path) -> None:
    (root / "a/b/c").mkdir(parents=True)
    assert len(await files.list()) == 0
    assert (await files.list(delimiter="/")).prefixes == ()
    await files.put("a", b"1")
    assert tree(root) == ["a"]


async def test_files_of_other_tools_are_objects(files: LocalStorage, root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub/page.html").write_text("<p>")
    meta = await files.head("sub/page.html")
    assert (meta.size, meta.content_type, meta.metadata) == (3, "text/html", {})
    assert await files.get("sub/page.html") == b"<p>"
    (root / "sub/page.html").write_text("<p>more")
    assert (await files.head("sub/page.html")).etag != meta.etag
    with pytest.raises(ConflictError):
        await files.put("sub/page.html", b"", if_match=meta.etag)


async def test_a_file_that_another_tool_changed_loses_its_attributes(files: LocalStorage, root: Path) -> None:
    meta = await files.put("a", b"1", metadata={"k": "v"})
    (root / "a").write_text("longer")
    assert (await files.head("a")).metadata == {}
    os.utime(root / "a", (meta.modified, meta.modified))
    stamp = int(meta.etag.split("-")[0], 16)
    os.utime(root / "a", ns=(stamp, stamp))
    assert (await files.head("a")).metadata == {}  # the size tells


async def test_damaged_attributes_are_named_and_can_be_replaced(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"1", metadata={"k": "v"})
    [sidecar] = (path for path in (root / ".purveyor/attributes").rglob("*") if path.is_file())
    whole = json.loads(sidecar.read_text())
    wrong: list[dict[str, object]] = [
        {"content_type": 5},
        {"metadata": "zz"},
        {"metadata": None},
        {"metadata": {"k": 1}},
        {"checksum": 7},
    ]
    for text in (
        *("{", "[]", "{}", json.dumps({"size": 1}), "null", "[" * 100_000),
        *(json.dumps(whole | part) for part in wrong),
    ):
        sidecar.write_text(text)
        with pytest.raises(StoreCorruptError, match=sidecar.name):
            await files.head("a")
        with pytest.raises(StoreCorruptError):
            await files.get("a")
    assert (await files.put("a", b"2")).size == 1
    assert await files.get("a") == b"2"
    assert not sidecar.exists()


async def test_a_pipe_in_the_place_of_attributes_holds_nobody_up(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"1", metadata={"k": "v"})
    [sidecar] = (path for path in (root / ".purveyor/attributes").rglob("*") if path.is_file())
    sidecar.unlink()
    os.mkfifo(sidecar)
    before = descriptors()
    with pytest.raises(StoreCorruptError, match=sidecar.name):
        await files.head("a")
    assert descriptors() == before
    await files.put("a", b"2")
    assert await files.get("a") == b"2"
    assert not sidecar.exists()


@pytest.mark.parametrize("damage", ["pipe", "deep", "list", "number for a path", "path that leaves", "NUL"])
async def test_damaged_attributes_do_not_keep_a_storage_from_opening(root: Path, damage: str) -> None:
    files = local(root)
    await files.initialize()
    await files.put("a", b"1", metadata={"k": "v"})
    await files.put("b", b"1", metadata={"k": "v"})
    await files.cleanup()
    sidecars = {path.name: path for path in (root / ".purveyor/attributes").rglob("*") if path.is_file()}
    mine = next(path for path in sidecars.values() if json.loads(path.read_text())["path"] == "a")
    if damage == "pipe":
        mine.unlink()
        os.mkfifo(mine)
    elif damage in ("path that leaves", "NUL"):
        path = "a\0b" if damage == "NUL" else "../a"
        mine = mine.with_name(f"{hashlib.sha256(path.encode()).hexdigest()}-1")
        mine.write_text(json.dumps({"path": path}))
    else:
        mine.write_text({"deep": "[" * 100_000, "list": "[]"}.get(damage, '{"path": 5}'))
    (root / "b").unlink()
    (root / ".purveyor/tmp/dead").write_bytes(b"x")  # as a killed process leaves it: have it swept
    await files.initialize()
    left = [path for path in (root / ".purveyor/attributes").rglob("*") if not path.is_dir()]
    assert mine in left
    assert len(left) == (2 if damage in ("path that leaves", "NUL") else 1), "what belongs to nothing is gone"
    await files.cleanup()


async def test_a_file_cut_short_while_it_is_read_is_an_error(files: LocalStorage, root: Path) -> None:
    await files.put("a", b"x" * 100)
    with pytest.raises(StoreError, match="cut short"):
        async for _ in files.stream("a", chunk_size=40):
            os.truncate(root / "a", 50)


async def test_there_are_no_urls(files: LocalStorage) -> None:
    assert files.storage is not None
    assert files.storage.capabilities == {"create_only", "if_match", "attributes"}
    with pytest.raises(UnsupportedError, match=r"storage\.local does not support presigned URLs"):
        await files.presign("a")


async def test_segments_longer_than_file_systems_allow(files: LocalStorage) -> None:
    await files.put("é" * 127, b"")
    for path in ("é" * 128, "a/" + "b" * 256, "b" * 256 + "/a"):
        for call in (
            files.put(path, b""),
            files.get(path),
            files.exists(path),
            files.delete(path),
            files.list(path),
        ):
            with pytest.raises(InvalidInputError, match="255 bytes"):
                await call
    deep = "/".join("d" * 512)
    await files.put(deep, b"x")
    assert await files.get(deep) == b"x"
    assert [meta.path for meta in await files.list()] == [deep, "é" * 127]
    assert (await files.list(delimiter="/")).prefixes == ("d/",)
    assert await files.delete(deep)


async def test_after_cleanup_it_is_closed_and_can_be_opened_again(root: Path, no_leaks: None) -> None:
    provider = local(root)
    await provider.initialize()
    storage = provider.storage
    assert isinstance(storage, LocalFiles)
    await provider.put("a", b"1", metadata={"k": "v"})
    await provider.cleanup()
    await storage.close()
    await provider.cleanup()
    assert provider.storage is None
    with pytest.raises(StoreClosedError):
        await provider.get("a")
    with pytest.raises(StoreClosedError, match="is closed"):
        await storage.head(["a"])
    for _ in range(3):
        await provider.reload()
        assert (await provider.head("a")).metadata == {"k": "v"}
        await provider.cleanup()


async def test_the_root_is_made_with_its_parents(tmp_path: Path, no_leaks: None) -> None:
    provider = local(tmp_path / "x/y/z")
    await provider.initialize()
    await provider.put("a", b"")
    await provider.cleanup()
    assert (tmp_path / "x/y/z/a").exists()


async def test_a_root_that_is_a_link_is_the_operators_choice(tmp_path: Path, no_leaks: None) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to("real")
    provider = local(tmp_path / "root")
    await provider.initialize()
    await provider.put("a", b"")
    await provider.cleanup()
    assert (tmp_path / "real/a").exists()


@pytest.mark.parametrize(
    "prepare", ["file", "below a file", "own folder is a file", "own folder is a link", "dangling"]
)
async def test_what_cannot_be_a_root(tmp_path: Path, prepare: str, no_leaks: None) -> None:
    root = tmp_path / "root"
    if prepare == "file":
        root.write_text("x")
    elif prepare == "below a file":
        (tmp_path / "root").write_text("x")
        root = tmp_path / "root/sub"
    elif prepare == "dangling":
        root.symlink_to("nowhere")
    else:
        root.mkdir()
        if prepare == "own folder is a file":
            (root / ".purveyor").write_text("x")
        else:
            (root / ".purveyor").symlink_to(tmp_path)
    provider = local(root)
    with pytest.raises(StoreError, match=r"storage\.local .*; ") as caught:
        await provider.initialize()
    assert caught.value.hint
    assert provider.storage is None


async def test_windows_is_told_that_it_is_not_supported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("purveyor.storage.local.os.name", "nt")
    with pytest.raises(UnsupportedError, match="'nt'"):
        await local(root).initialize()


def test_the_configuration_layer_can_read_the_configuration() -> None:
    adapter = TypeAdapter(LocalConfig)
    assert adapter.validate_python({"root": "some/where"}) == LocalConfig(Path("some/where"))
    schema = adapter.json_schema()
    assert schema["properties"]["root"]["description"].startswith("The folder that holds the objects")
    for bad in ({}, {"root": 3}, {"root": "a", "rot": "b"}):
        with pytest.raises(ValidationError):
            adapter.validate_python(bad)
