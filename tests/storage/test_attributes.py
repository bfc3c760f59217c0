from __future__ import annotations

import pytest

from purveyor.errors import InvalidInputError
from purveyor.storage.attributes import check_checksum, check_content_type, check_metadata, guess_content_type


@pytest.mark.parametrize("kind", [None, "text/plain", "text/plain; charset=utf-8", "application/vnd.x+json"])
def test_content_types(kind: str | None) -> None:
    assert check_content_type(kind) == kind


@pytest.mark.parametrize("kind", ["", "text", "text/", "a/b\r\nX: y", "a/b;é", "a/" + "b" * 255, 3])
def test_what_is_no_content_type(kind: object) -> None:
    with pytest.raises(InvalidInputError, match="is not a media type"):
        check_content_type(kind)


def test_metadata_is_copied() -> None:
    given = {"owner": "ana", "x-1.y_z": "", "note": "two words"}
    checked = check_metadata(given)
    assert checked == given
    assert checked is not given
    assert check_metadata(None) == {}


@pytest.mark.parametrize(
    "metadata",
    [
        {"Owner": "a"},
        {"": "a"},
        {"a b": "c"},
        {"é": "c"},
        {1: "c"},
        {"a": 1},
        {"a": " outer"},
        {"a": "outer "},
        {"a": "São"},
        {"a": "x\ny"},
        {"a": "\ud800"},
        {"a": "x" * 2048},
        ["a"],
        "a",
    ],
)
def test_metadata_that_some_storage_cannot_keep(metadata: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_metadata(metadata)
    assert str(caught.value.where).startswith("metadata")
    assert caught.value.hint


def test_metadata_up_to_the_limit() -> None:
    assert check_metadata({"a": "x" * 2047})


@pytest.mark.parametrize("checksum", ["sha256:", "md5:" + "0" * 32, "0" * 64, "sha256:" + "A" * 64, 7])
def test_what_is_no_checksum(checksum: object) -> None:
    with pytest.raises(InvalidInputError, match="is not a checksum"):
        check_checksum(checksum)


def test_checksums() -> None:
    assert check_checksum("sha256:" + "0a" * 32) == "sha256:" + "0a" * 32
    assert check_checksum(None) is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/b.txt", "text/plain"),
        ("page.html", "text/html"),
        ("a.tar.gz", "application/gzip"),
        ("a.Z", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        ("http://x.com/page.html", "text/html"),
        ("a.txt/b", "application/octet-stream"),
        ("none", "application/octet-stream"),
    ],
)
def test_guesses_by_ending(path: str, kind: str) -> None:
    assert guess_content_type(path) == kind
