"""Which file an import means: at the root, below import roots, inside a package, in the shadow of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.source.trees import file, name, project, resolved


def test_a_package_shadows_a_module_of_its_name(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/__init__.py": "class A: ...",
        "pkg.py": "class A: ...",
        "space.py": "class A: ...",
        "space.pyw": "class A: ...",
        "space/inner.py": "class A: ...",
        "main.py": "from pkg import A\nfrom space import A as B\nimport space.inner",
    }
    assert resolved(tmp_path, files, "A") == "pkg/__init__.py:A"
    assert resolved(tmp_path, files, "B") == "space.py:A"


def test_a_folder_named_src_or_one_that_holds_packages_is_an_import_root(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "src/space/base.py": "class Base: ...",
        "python/app/__init__.py": "",
        "python/app/base.py": "class Base: ...",
        "python/app/inner/__init__.py": "class Inner: ...",
        "main.py": "from space.base import Base\nfrom app.base import Base as B\nfrom inner import Inner\n",
    }
    assert resolved(tmp_path, files, "Base") == "src/space/base.py:Base"
    assert resolved(tmp_path, files, "B") == "python/app/base.py:Base"
    assert resolved(tmp_path, files, "Inner") == "inner.Inner"  # inside a package there is no root


def test_the_nearest_of_several_import_roots_counts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"services/{service}/src/app/{path}": content
        for service in ("one", "two")
        for path, content in {
            "__init__.py": "",
            "base.py": "class Base: ...",
            "main.py": "from app.base import Base",
        }.items()
    }
    files["main.py"] = "from app.base import Base\nimport logging"
    assert resolved(tmp_path, files, "Base", "services/two/src/app/main.py") == "services/two/src/app/base.py:Base"
    assert resolved(tmp_path, files, "Base") == "app.base.Base"  # there are two, and none is nearer


def test_the_root_may_be_inside_a_package(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "__init__.py": "from app.providers.base import Base as Exported",
        "providers/base.py": "class Base: ...",
        "logging.py": "class Logger: ...",
        "main.py": """\
        import json.decoder
        import app.providers.base as absolute
        from app.providers.base import Base
        from app.providers import base
        from app import Exported, providers
        from app.providers.gone import Gone
        from logging import Logger
        from pydantic.providers import Other
        from .logging import Logger as Own
        from . import Exported as Again
        """,
    }
    of = project(tmp_path / "anything", files)
    main = file(of, "main.py")
    found = {
        word: name(of.resolve(main, word))
        for word in ("Base", "base.Base", "Exported", "absolute.Base", "Logger", "Own", "Again", "Other", "Gone")
    }
    assert found == {
        "Base": "providers/base.py:Base",
        "base.Base": "providers/base.py:Base",
        "Exported": "providers/base.py:Base",
        "absolute.Base": "providers/base.py:Base",
        "Logger": "logging.Logger",
        "Own": "logging.py:Logger",
        "Again": "providers/base.py:Base",
        "Other": "pydantic.providers.Other",
        "Gone": "app.providers.gone.Gone",
    }


def test_a_root_far_inside_a_package_is_recognised_without_init_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "base.py": "from other import *\nfrom lib import *",
        "lib.py": "class Base: ...",
        "main.py": "from company.app.core.base import Base",
        "third.py": "from company.app.tools.base import Tool",
    }
    assert resolved(tmp_path, files, "Base") == "lib.py:Base"


@pytest.mark.parametrize(
    "statements",
    [
        "from pydantic.types import SecretStr",  # what types.py has not
        "from pydantic.types import Own\nfrom pydantic import BaseModel\nfrom pydantic.fields import Field",
        "from one.types import Own\nfrom two.types import Own as Another",  # one or the other
    ],
)
def test_a_module_outside_that_is_called_like_one_inside_stays_outside(tmp_path: Path, statements: str) -> None:
    of = project(tmp_path, {"types.py": "class Own: ...", "main.py": statements})
    first = statements.split()[1]
    word = statements.split("\n")[0].split()[-1]
    assert name(of.resolve(file(of, "main.py"), word)) == f"{first}.{word}"


def test_a_module_called_like_what_it_imports_means_the_other(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "redis.py": "from redis import Redis\nimport redis\n",
        "main.py": "from redis import Redis",
        "pkg/__init__.py": "from pkg import inner",
        "pkg/inner.py": "class A: ...",
    }
    of = project(tmp_path, files)
    assert name(of.resolve(file(of, "main.py"), "Redis")) == "redis.Redis"
    assert name(of.resolve(file(of, "redis.py"), "redis")) == "redis"
    assert name(of.resolve(file(of, "pkg/__init__.py"), "inner.A")) == "pkg/inner.py:A"


def test_the_standard_library_is_not_shadowed_by_what_has_not_the_name(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "abc.py": "class Own: ...",
        "src/queue.py": "class Own: ...",
        "main.py": "from abc import ABC, Own\nfrom queue import Queue",
    }
    assert resolved(tmp_path, files, "ABC") == "abc.ABC"
    assert resolved(tmp_path, files, "Own") == "abc.py:Own"
    assert resolved(tmp_path, files, "Queue") == "queue.Queue"


def test_an_alias_of_a_file_is_that_file(tmp_path: Path) -> None:
    of = project(tmp_path, {"real.py": "class A: ...", "main.py": "from alias import A"})
    (tmp_path / "alias.py").symlink_to("real.py")
    of = project(tmp_path, {})
    assert name(of.resolve(file(of, "main.py"), "A")) == "real.py:A"
    assert [facts.qualname for facts in of.classes] == ["A"]
