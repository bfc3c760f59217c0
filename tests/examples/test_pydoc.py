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


def run(*command: str, data: Path) -> str:
    environment = {**os.environ, "PURVEYOR_DATA": str(data)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def purveyor(*arguments: str, data: Path) -> str:
    config = str(EXAMPLE / "purveyor.toml")
    return run(sys.executable, "-m", "purveyor.cli", "-c", config, *arguments, data=data)


def test_topics_are_found_and_files_come_back_whole(tmp_path: Path) -> None:
    for _ in range(2):  # a second run replaces what is there
        out = run(sys.executable, str(EXAMPLE / "load.py"), "--limit", "150", data=tmp_path)
        assert re.fullmatch(r"   79 topics in [\d.]+ s\n  150 files \([\d.]+ MB\) in [\d.]+ s\n", out)

    hits = json.loads(purveyor("memory", "search", "notes", "context manager", "--json", data=tmp_path))
    topics = [hit["item"]["key"] for hit in hits["data"]["hits"]]
    assert {"with", "context-managers"} <= set(topics[:4])
    assert all("**" in hit["snippet"] for hit in hits["data"]["hits"][:2])
    scores = [hit["score"] for hit in hits["data"]["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert purveyor("memory", "count", "notes", data=tmp_path) == "79\n"

    listed = json.loads(purveyor("storage", "list", "files", "--json", data=tmp_path))["data"]["objects"]
    assert len(listed) == 150
    library = Path(sysconfig.get_path("stdlib"))
    for meta in (listed[0], listed[-1]):
        run_get = [
            sys.executable,
            "-m",
            "purveyor.cli",
            "-c",
            str(EXAMPLE / "purveyor.toml"),
            "storage",
            "get",
            "files",
        ]
        content = subprocess.run(
            [*run_get, meta["path"], "-"],
            env={**os.environ, "PURVEYOR_DATA": str(tmp_path)},
            capture_output=True,
            check=True,
        ).stdout
        assert content == (library / meta["path"]).read_bytes()
