"""What a project's file lacks once its code stands on Purveyor."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from purveyor.migrate.change.requirements import OLDEST, Lacking, lacking

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a tree in it; nothing above it is looked at."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "src" / "acme").mkdir(parents=True)
    return tmp_path


def lacks(project: Path, text: str) -> Lacking | None:
    (project / "pyproject.toml").write_text(text)
    return lacking(project / "src" / "acme")


def test_the_oldest_python_is_the_one_of_this_project() -> None:
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert own["project"]["requires-python"] == f">={'.'.join(map(str, OLDEST))}"
    assert lacks_dependency_of_itself(own)


def lacks_dependency_of_itself(own: dict[str, dict[str, list[str]]]) -> bool:
    return not any(each.startswith("purveyor") for each in own["project"]["dependencies"])


@pytest.mark.parametrize(
    "dependency",
    ["purveyor", "Purveyor", "purveyor[memory]>=1", "purveyor >= 1", "purveyor@git+https://x", "purveyor;python_version>'3'", "purveyor~=1.0", "purveyor (>=1)"],
)  # fmt: skip
@pytest.mark.parametrize(
    "text",
    [
        '[project]\ndependencies = ["click", "{}"]',
        '[project]\nname = "acme"\n[project.optional-dependencies]\nmore = ["{}"]',
        '[project]\nname = "acme"\n[dependency-groups]\nmore = [{{include-group = "x"}}, "{}"]',
    ],
)
def test_what_depends_on_purveyor_lacks_nothing(project: Path, text: str, dependency: str) -> None:
    assert lacks(project, text.format(dependency)) is None


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "acme"',
        '[project]\ndependencies = ["purveyors", "purveyor-client", "click"]',
        '[project]\ndependencies = "purveyor"',
        '[project]\nname = "acme"\noptional-dependencies = 3',
        '[tool.poetry.dependencies]\npython = "^3.11"\nclick = "*"',
        '[project]\nname = "acme"\ndynamic = ["version"]\nrequires-python = 3',
    ],
)
def test_what_does_not_is_told(project: Path, text: str) -> None:
    assert lacks(project, text) == Lacking(project / "pyproject.toml", dependency=True, python=None)


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\npython = ">=3.11,<4"\npurveyor = "*"',
        '[project]\nname = "acme"\ndynamic = ["dependencies"]',
        "[tool.ruff]\nline-length = 100",
        'tool = "none"',
        "not toml",
        f"x = {'[' * 5000}",
        "",
    ],
)
def test_where_nothing_can_be_told_nothing_is(project: Path, text: str) -> None:
    assert lacks(project, text) is None


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        (">=3.9", True),
        (">=3.10,<4", True),
        (">3.10", True),
        ("~=3.9", True),
        ("<4", True),
        ("< 4", True),
        ("==3.10.*", True),
        (">=3", True),
        ("^3.8 || ^3.12", True),
        ("", True),
        (">=3.11", False),
        (">= 3.11, !=3.11.0", False),
        (">=3.9,>=3.12", False),
        ("~=3.12", False),
        ("^3.11 || ^4", False),
        (">=4", False),
        ("3.12", False),
    ],
)
def test_versions_of_python_that_are_too_old(project: Path, versions: str, told: bool) -> None:
    found = lacks(project, f'[project]\ndependencies = ["purveyor"]\nrequires-python = "{versions}"')
    expected = Lacking(project / "pyproject.toml", dependency=False, python=versions)
    assert found == (expected if told else None)


def test_poetry_names_its_python_among_the_dependencies(project: Path) -> None:
    found = lacks(project, '[tool.poetry.dependencies]\npython = "^3.9"')
    assert found == Lacking(project / "pyproject.toml", dependency=True, python="^3.9")


def test_only_the_projects_own_file_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = project / "src" / "acme"
    (project / "pyproject.toml").write_text('[project]\nname = "acme"')
    assert lacking(tree) is not None
    (project / "src" / "pyproject.toml").write_text("")
    assert lacking(tree) is None, "the nearest one"
    (project / "src" / "pyproject.toml").unlink()
    (project / "src" / ".git").write_text("gitdir: elsewhere")
    assert lacking(tree) is None, "a repository of its own"
    monkeypatch.setattr(Path, "is_file", lambda _path: False)
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    assert lacking(tree) is None, "there is none up to the root of the file system"


def test_a_file_that_cannot_be_read_lacks_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "pyproject.toml").write_bytes(b"\xff")
    assert lacking(project) is None

    def fail(_path: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr("purveyor.migrate.change.requirements.whole", fail)
    assert lacking(project) is None
