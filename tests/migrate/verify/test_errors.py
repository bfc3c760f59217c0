"""What a person reads."""

from __future__ import annotations

from purveyor.errors import CallScriptError, VerifyError


def test_they_say_what_and_where() -> None:
    assert str(VerifyError("no space left", "a/b")) == "a/b: old and new cannot be tried out: no space left"
    assert VerifyError("no space left").where is None
    assert CallScriptError("s.json", "is no list").where == "s.json"
