"""The example in `examples/pydoc`, run as its README says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "pydoc"


def run(*command: str, data: Path) -> bytes:
    environment = {**os.environ, "PURVEYOR_DATA": str(data)}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, check=True).stdout


def purveyor(*arguments: str, data: Path) -> bytes:
    return run("-m", "purveyor.cli", "-c", str(EXAMPLE / "purveyor.toml"), *arguments, data=data)


def test_topics_are_found_and_files_come_back_whole(tmp_path: Path) -> None:
    out = run(str(EXAMPLE / "load.py"), "--limit", "100", data=tmp_path).decode()
    assert re.fullmatch(r"   79 topics in [\d.]+ s\n  100 files \([\d.]+ MB\) in [\d.]+ s\n", out)

    hits = json.loads(purveyor("memory", "search", "notes", "context manager", "--json", data=tmp_path))
    topics = [hit["item"]["key"] for hit in hits["data"]["hits"]]
    assert {"with", "context-managers"} <= set(topics[:4])
    assert all("**" in hit["snippet"] for hit in hits["data"]["hits"][:2])
    scores = [hit["score"] for hit in hits["data"]["hits"]]
    assert scores == sorted(scores, reverse=True)

    library = Path(sysconfig.get_path("stdlib"))
    assert sum(path.is_file() for path in (tmp_path / "files").rglob("*.py")) == 100
    assert purveyor("storage", "get", "files", "ast.py", "-", data=tmp_path) == (library / "ast.py").read_bytes()
