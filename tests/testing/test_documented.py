"""What the how-to page shows an author works as shown, in a pytest of its own, without any plugin."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "test-with-purveyor.md"


def _run_pytest(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:asyncio", "-p", "no:cacheprovider", "-q", "test_it.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def _documented() -> str:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(next(block for block in blocks if "class TestGreeter" in block))


def test_the_documented_provider_passes(tmp_path: Path) -> None:
    run = _run_pytest(tmp_path, _documented())
    assert run.returncode == 0, run.stdout
    assert "13 passed, 1 skipped" in run.stdout  # its config has no secret


def test_a_defect_in_it_is_found_and_explained(tmp_path: Path) -> None:
    sound = "        self.names = None\n"
    assert sound in _documented()
    run = _run_pytest(tmp_path, _documented().replace(sound, "        del self.names\n"))
    assert run.returncode == 1
    assert "cleanup before initialize raised AttributeError" in run.stdout
    assert "What to do: have it release what there is, and nothing else." in run.stdout
    assert "FAILED test_it.py::TestGreeter::test_cleanup_is_harmless_at_any_time" in run.stdout
