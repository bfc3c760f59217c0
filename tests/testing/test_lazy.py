"""`purveyor.testing` loads what is asked for, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from purveyor import testing


def test_every_name_is_there() -> None:
    for name in testing.__all__:
        assert getattr(testing, name).__name__ == name
    assert set(testing.__all__) <= set(dir(testing))
    assert set(testing.__all__) == set(testing._HOMES)
    with pytest.raises(AttributeError, match="no attribute 'Wrong'"):
        testing.Wrong  # noqa: B018


def test_pytest_is_not_imported_for_the_clock() -> None:
    code = "import sys; from purveyor.testing import FakeClock; print('pytest' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
