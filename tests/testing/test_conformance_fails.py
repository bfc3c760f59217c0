"""Each of the conformance tests can fail: for each there are providers that must not pass it."""

from __future__ import annotations

import re

import pytest

from purveyor.testing import LifecycleConformance
from tests.testing.broken import DEFECTS, SoundTests

TESTS = sorted(name for name in dir(LifecycleConformance) if name.startswith("test_"))


@pytest.mark.parametrize("test", TESTS)
def test_what_is_sound_passes(test: str) -> None:
    getattr(SoundTests(), test)()


@pytest.mark.parametrize(
    ("test", "kind", "text"), DEFECTS, ids=[f"{kind.__name__}-{test}" for test, kind, _ in DEFECTS]
)
def test_what_is_broken_fails_and_is_told_why(test: str, kind: type[LifecycleConformance], text: str) -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        getattr(kind(), test)()
    assert re.search(text, str(failed.value), re.DOTALL), str(failed.value)


def test_every_test_has_a_provider_that_fails_it() -> None:
    assert {test for test, _, _ in DEFECTS} == set(TESTS)
