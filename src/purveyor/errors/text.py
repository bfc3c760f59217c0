"""The texts of errors that others have raised: one may be long, of many lines, or fail to say anything."""

from __future__ import annotations

__all__ = ["CUT", "describe_error", "text_of"]

#: What stands where a text was cut off.
CUT = "..."

_MOST_CHARACTERS = 500


def describe_error(error: BaseException) -> str:
    """An error's type and text in one line: to keep the error itself would keep its frames alive."""
    kind = type(error).__name__
    text = " ".join((_text(error) or "").split())
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:_MOST_CHARACTERS]}{CUT}"
    return f"{kind}: {text}" if text else kind


def text_of(error: BaseException) -> str:
    """An error's text as it is; its type if it has none that could be had."""
    text = _text(error)
    return type(error).__name__ if text is None else text


def _text(error: BaseException) -> str | None:
    try:
        return str(error)
    except Exception:
        return None
