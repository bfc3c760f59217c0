"""What a configuration declares, described for people and programs; secrets are masked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from purveyor.config import ProviderSpec, SystemConfig

__all__ = ["MASK", "Json", "describe_spec", "masked_config", "source_of"]

Json: TypeAlias = Union[dict[str, "Json"], list["Json"], str, int, float, None]  # noqa: UP007 - it is recursive

#: What stands in the place of a secret.
MASK = "********"

# A config that is typed says what is secret. Where it is not, the name of the key tells.
_SECRET_KEY = re.compile(
    r"passw|pwd|passphrase|passcode|secret|token|credential|(?:api|access|private|encrypt\w*|sign)[-_]?key"
    r"|signing|encrypt|(?<![a-z])(?:sign|dsn)(?![a-z])|cookie|bearer|auth(?!or(?!i))",
    re.IGNORECASE,
)
#: Up to the last "@": a password may hold any character.
_URL_PASSWORD = re.compile(r"(?:(?<=://)|^(?!\S*://))([^/?#\s:@]*):\S*(?=@)")
_PASSWORD_IN_TEXT = re.compile(
    r"((?:passw(?:or)?d|pwd|secret|token)\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;]+)", re.IGNORECASE
)


def describe_spec(config: SystemConfig, spec: ProviderSpec) -> dict[str, Any]:
    """A declared provider, without its own config."""
    return {
        "name": spec.name,
        "type": spec.type.value,
        "driver": spec.driver,
        "required": spec.required,
        "capabilities": list(spec.capabilities),
        "declared_at": config.origin("providers", spec.name),
    }


def masked_config(config: Any) -> Json:
    """A provider's own config as JSON data, with every secret in it masked."""
    return _mask(to_jsonable_python(config, bytes_mode="base64", fallback=_fallback))


def source_of(config: SystemConfig) -> str:
    """Where a configuration comes from, for people."""
    source = "the embedded configuration"
    if config.file is not None:
        here = Path.cwd()
        source = str(config.file.relative_to(here) if config.file.is_relative_to(here) else config.file)
    return f"{source}, profile {config.profile}" if config.profile else source


def _fallback(value: Any) -> str:
    return f"<{type(value).__name__}>"


def _mask(value: Json, *, secret: bool = False) -> Json:
    if isinstance(value, dict):
        return {
            key: _mask(child, secret=secret or _SECRET_KEY.search(key) is not None) for key, child in value.items()
        }
    if isinstance(value, list):
        return [_mask(child, secret=secret) for child in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if secret or (isinstance(value, str) and set(value) == {"*"}):
        return MASK
    if not isinstance(value, str):
        return value
    return _PASSWORD_IN_TEXT.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1:{MASK}", value))
