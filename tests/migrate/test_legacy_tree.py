"""A legacy application of fifty modules: its own tests pass before, after, and after the way back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from purveyor.migrate.change.apply import apply
from purveyor.migrate.change.plan import make_plan
from purveyor.migrate.change.rollback import rollback
from purveyor.migrate.scan.report import scan
from purveyor.migrate.verify import verify
from tests.migrate.casebook import snapshot

TREE = Path(__file__).parent / "legacy_tree"


def test_a_legacy_application_is_migrated_and_back(tmp_path: Path) -> None:
    root = Path(shutil.copytree(TREE, tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__")))
    before = snapshot(root)
    assert sum(path.startswith("aurora/") and path.endswith(".py") for path in before) >= 40
    _its_own_tests_pass(root)

    report = scan(root).to_json()
    states = {f"{each['path']}::{each['name']}": each["state"] for each in report["classes"]}
    unparsable = [file["path"] for file in report["files"] if file["status"] != "ok"]
    assert unparsable == ["aurora/utils/broken_example.py"]
    for who in CONVERTED:
        assert states[who].startswith("converted"), (who, states[who])
    for who in ADAPTED:
        assert states[who] == "adapter", (who, states[who])
    others = [name for name in states if name not in CONVERTED and name not in ADAPTED]
    assert {states[name] for name in others} == {"not-a-provider"}, others

    path = tmp_path / "plan.json"
    plan = make_plan(root, relative_to=tmp_path)
    path.write_bytes(plan.to_json())
    assert {f"{each['path']}::{each['name']}": each["state"] for each in plan.classes} == states
    apply(path)
    after = snapshot(root)
    homes = {name.partition("::")[0] for name in CONVERTED}
    assert {file.path for file in plan.files} == homes - {"aurora/llm/base.py"}, (
        "its base is converted, and it is abstract"
    )
    assert all(file.copy.endswith(".py.txt") for file in plan.files), "content/ imports what it finds"
    _its_own_tests_pass(root)

    verification = verify(path, timeout=20)
    assert not verification.regressed, verification.regressed
    assert verification.counts["same"] > 100
    assert snapshot(root) == after
    assert not make_plan(root, relative_to=tmp_path).files

    rollback(path)
    assert snapshot(root) == before
    _its_own_tests_pass(root)
    assert snapshot(root) == before


CONVERTED = {
    "aurora/content/feed.py::FeedSource",
    "aurora/content/plugin.py::Source",
    "aurora/content/static.py::StaticSource",
    "aurora/core/base.py::BaseProvider",
    "aurora/core/provider.py::Provider",
    "aurora/jobs.py::JobRunner",
    "aurora/llm/base.py::LLMProvider",
    "aurora/llm/canned.py::CannedProvider",
    "aurora/llm/echo.py::EchoProvider",
    "aurora/memory/base.py::BaseMemory",
    "aurora/memory/providers/local.py::LocalProvider",
    "aurora/memory/providers/ring.py::RingProvider",
    "aurora/monitoring/tracing.py::ConsoleTrace",
    "aurora/monitoring/tracing.py::ListTrace",
    "aurora/queueing/queue.py::QueueProvider",
    "aurora/storage/base.py::BaseProvider",
    "aurora/storage/providers/local.py::LocalProvider",
    "aurora/synthesis/base.py::SynthesisProvider",
    "aurora/synthesis/providers/tone.py::ToneProvider",
}

ADAPTED = {
    "aurora/agents/base.py::BaseProvider",
    "aurora/agents/parrot.py::Parrot",
    "aurora/storage/providers/ram.py::RamProvider",
    "tests/test_app.py::Application.test_a_subclass_outside_of_the_tree_s_own_modules.<locals>.Loud",
}


def _its_own_tests_pass(root: Path) -> None:
    command = [sys.executable, "-B", "-W", "error", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    assert "Ran 30 tests" in run.stderr
