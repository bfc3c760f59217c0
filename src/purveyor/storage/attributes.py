"""What the attributes of an object may be: content type, metadata, checksum; one rule for all drivers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from mimetypes import MimeTypes
from typing import cast

from purveyor.errors import InvalidInputError

__all__ = ["check_checksum", "check_content_type", "check_metadata", "guess_content_type"]

#: As in S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
_MAX_METADATA_BYTES = 2048

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, section 5.6.2
_CONTENT_TYPE = re.compile(rf"{_WORD}/{_WORD}( *;[\x20-\x7e]*)?")
_METADATA_KEY = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_METADATA_VALUE = re.compile(r"([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?")
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")

# The table of the standard library alone: what the machine has in /etc must not change the answers.
_TYPES = MimeTypes()
_ENCODINGS = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def check_content_type(content_type: object) -> str | None:
    """The media type as it is, if it can be sent as a header.

    Raises:
        InvalidInputError: It cannot.
    """
    if content_type is None:
        return None
    if not isinstance(content_type, str) or len(content_type) > 255 or not _CONTENT_TYPE.fullmatch(content_type):
        problem = f"{content_type!r:.100} is not a media type"
        raise InvalidInputError("content_type", problem, "give one such as 'text/plain; charset=utf-8'")
    return content_type


def check_metadata(metadata: object) -> dict[str, str]:
    """A copy of the user's attributes, if every storage can keep them.

    Raises:
        InvalidInputError: Some storage would refuse or change them.
    """
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        problem = f"is {type(metadata).__qualname__}, not a mapping"
        raise InvalidInputError("metadata", problem, "give a dict of strings")
    checked: dict[str, str] = {}
    for key, value in cast("Mapping[object, object]", metadata).items():
        if not isinstance(key, str) or not _METADATA_KEY.fullmatch(key):
            problem = f"the key {key!r:.100} is not a lower-case ASCII token"
            raise InvalidInputError("metadata", problem, "use letters a to z, digits, '-', '_' and '.'")
        if not isinstance(value, str) or not _METADATA_VALUE.fullmatch(value):
            problem = f"{value!r:.100} is not a string of printable ASCII without outer spaces"
            advice = "encode it, for example with urllib.parse.quote or json.dumps"
            raise InvalidInputError(f"metadata[{key!r}]", problem, advice)
        checked[key] = value
    size = sum(len(key) + len(value) for key, value in checked.items())
    if size > _MAX_METADATA_BYTES:
        problem = f"keys and values take {size} bytes, the limit is {_MAX_METADATA_BYTES}"
        raise InvalidInputError("metadata", problem, "put what is large into an object of its own")
    return checked


def check_checksum(checksum: object) -> str | None:
    """The checksum as it is, if it is one.

    Raises:
        InvalidInputError: It is not.
    """
    if checksum is None:
        return None
    if not isinstance(checksum, str) or not _CHECKSUM.fullmatch(checksum):
        problem = f"{checksum!r:.100} is not a checksum"
        advice = "give 'sha256:' and 64 lower-case hexadecimal digits"
        raise InvalidInputError("checksum", problem, advice)
    return checksum


def guess_content_type(path: str) -> str:
    """The media type that a path's ending stands for; ``application/octet-stream`` if none is known."""
    name = path.rpartition("/")[2]
    # The leading "./" keeps a name such as "data:x" from being read as the URL it looks like.
    kind, encoding = _TYPES.guess_type(f"./{name}", strict=False)
    if encoding:
        kind = _ENCODINGS.get(encoding)
    return kind or "application/octet-stream"
