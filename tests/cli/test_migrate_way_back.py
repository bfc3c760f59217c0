"""`purveyor migrate`: a plan that was carried out is the way back, and stays so whatever is typed."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from purveyor.cli.commands.migrate import shared
from purveyor.migrate.change.journal import home_of
from purveyor.migrate.change.plan import load_plan
from tests.cli.conftest import Run
from tests.cli.test_migrate import CHANGED, CLOCK, EXAMPLE, contents


@pytest.fixture(autouse=True)
def _no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow a machine is: what is told does not depend on the time that it takes."""
    monkeypatch.setattr(shared, "_PERIOD", math.inf)


@pytest.fixture
def shop(folder: Path, run: Run) -> Path:
    """The example application, planned and applied."""
    shutil.copytree(EXAMPLE, folder / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".git").mkdir()  # nothing above is looked at
    assert run("migrate", "plan", "shop", "-o", "shop.json").code == 0
    assert run("migrate", "apply", "shop.json", "--allow-dirty").code == 0
    return folder / "shop"


def test_a_plan_that_is_carried_out_is_not_replaced(shop: Path, run: Run, folder: Path) -> None:
    plan, tree = (folder / "shop.json").read_bytes(), contents(shop)
    result = run("migrate", "plan", "shop", "-o", "shop.json")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "error: shop.json: it is carried out in shop, and is needed to undo that\n"
        "       name another file with -o, or undo it first: purveyor migrate rollback shop.json\n"
    )
    assert ((folder / "shop.json").read_bytes(), contents(shop)) == (plan, tree)
    assert run("migrate", "plan", "shop", "-o", "second.json").code == 0
    assert run("migrate", "rollback", "shop.json").code == 0
    assert run("migrate", "plan", "shop", "-o", "shop.json").code == 0, "nothing needs it any more"


@pytest.mark.parametrize("planned", ["another", "another/app.py"])
def test_a_plan_that_is_carried_out_elsewhere_is_not_replaced(
    planned: str, shop: Path, run: Run, folder: Path
) -> None:
    run("migrate", "rollback", "shop.json")
    shutil.copytree(shop, folder / "another")
    run("migrate", "apply", "shop.json", "--root", "another", "--allow-dirty")
    result = run("migrate", "plan", planned, "-o", "shop.json")
    assert result.code == 1
    assert result.err.startswith("error: shop.json: it is carried out in another, and is needed to undo that\n")
    assert result.err.endswith("undo it first: purveyor migrate rollback shop.json --root another\n")


def test_a_plan_whose_tree_is_gone_is_replaced(shop: Path, run: Run, folder: Path) -> None:
    shutil.rmtree(shop)
    (folder / "clock.py").write_text(CLOCK)
    assert run("migrate", "plan", "clock.py", "-o", "shop.json").code == 0
    assert [file.path for file in load_plan(folder / "shop.json").files] == ["clock.py"]


def test_a_plan_that_was_carried_out_meanwhile_is_not_replaced(
    shop: Path, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from purveyor.migrate.change import plan as planning
    from purveyor.migrate.change.apply import apply

    run("migrate", "rollback", "shop.json")
    before, make = (folder / "shop.json").read_bytes(), planning.make_plan

    def slow(*arguments: object, **options: object) -> object:
        made = make(*arguments, **options)  # type: ignore[arg-type]
        apply(folder / "shop.json", allow_dirty=True)
        return made

    monkeypatch.setattr(planning, "make_plan", slow)
    assert run("migrate", "plan", "shop", "-o", "shop.json").code == 1
    assert (folder / "shop.json").read_bytes() == before


def test_a_rollback_of_the_wrong_plan_names_the_right_one(shop: Path, run: Run, folder: Path) -> None:
    home = "/".join(("shop", *home_of(load_plan(folder / "shop.json")), "plan.json"))
    (folder / "shop.json").rename(folder / "lost.json")
    assert run("migrate", "plan", "shop", "-o", "shop.json").err.endswith("nothing to change\n")
    result = run("migrate", "rollback", "shop.json")
    assert result.err == (
        f"nothing to do: this plan is not applied in {shop}\n"
        f"another plan is carried out there; purveyor migrate rollback {home} undoes that one\n"
    )
    undone = run("migrate", "rollback", home)
    assert undone.out.splitlines() == [f"~ {path}" for path in CHANGED]
    assert run("migrate", "rollback", "lost.json").err.startswith("nothing to do: everything in ")


def test_the_plan_alone_is_the_way_back(shop: Path, run: Run, folder: Path) -> None:
    """What the guide says of keeping a migration: neither the copies nor the journal are needed."""
    for file in load_plan(folder / "shop.json").files:
        (shop / file.copy).unlink()
    shutil.rmtree(shop / ".purveyor")
    assert run("migrate", "plan", "shop", "-o", "shop.json").code == 1, "it is all that is left"
    assert run("migrate", "rollback", "shop.json").code == 0
    legacy = {path: found for path, found in contents(EXAMPLE).items() if not path.startswith("data/")}
    assert contents(shop) == legacy


def test_an_edit_after_apply_is_told_for_what_it_is(shop: Path, run: Run) -> None:
    base = shop / "providers" / "base.py"
    base.write_text(base.read_text() + "# mine\n")
    result = run("migrate", "apply", "shop.json", "--allow-dirty")
    assert result.err.splitlines()[1:] == [
        "  providers/base.py: it was edited since it was migrated",
        "      undo the edit; or roll back with --force, which keeps it as .rej, and make the plan again",
    ]
    verified = run("migrate", "verify", "shop.json")
    assert verified.code == 1
    assert verified.err == (
        "error: shop.json, providers/base.py: the file is neither as before nor as planned: it was edited since\n"
        "       `purveyor migrate status shop.json` shows which files were. After an apply undo the edits, or"
        " `rollback --force`; then, or if nothing was applied, make the plan again\n"
    )


def test_a_hint_that_holds_for_many_is_told_once(shop: Path, run: Run, folder: Path) -> None:
    run("migrate", "rollback", "shop.json")
    (shop / "memory" / "store.py").write_text("mine = 1\n")
    (shop / "providers" / "base.py").unlink()
    (shop / "memory" / "providers" / "local.py").write_text("mine = 1\n")
    assert run("migrate", "apply", "shop.json", "--allow-dirty").err.splitlines()[1:] == [
        "  memory/store.py: it was changed since the plan was made",
        "  memory/providers/local.py: it was changed since the plan was made",
        "      make the plan again",
        "  providers/base.py: it is not there",
        "      make the plan again, or name the right tree with --root",
    ]


def test_apply_tells_what_the_project_lacks(shop: Path, run: Run, folder: Path) -> None:
    run("migrate", "rollback", "shop.json")
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\nrequires-python = ">=3.9"\n')
    changed = f"3 files changed in {shop}"
    following = "next: purveyor migrate verify shop.json"
    assert run("migrate", "apply", "shop.json", "--allow-dirty").err.splitlines() == [
        changed,
        "warning: pyproject.toml allows Python '>=3.9'; Purveyor needs 3.11 or newer",
        "add purveyor to the dependencies in pyproject.toml",
        following,
    ]
    run("migrate", "rollback", "shop.json")
    (folder / "pyproject.toml").write_text('[project]\ndependencies = ["purveyor"]\nrequires-python = ">=3.9"\n')
    assert len(run("migrate", "apply", "shop.json", "--allow-dirty").err.splitlines()) == 3
    run("migrate", "rollback", "shop.json")
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    assert run("migrate", "apply", "shop.json", "--allow-dirty").err.splitlines() == [
        changed,
        "add purveyor to the dependencies in pyproject.toml",
        following,
    ]


def test_a_file_that_is_not_below_is_named_in_full(
    shop: Path, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("migrate", "rollback", "shop.json")
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    monkeypatch.chdir(shop)
    assert (
        f"dependencies in {folder}/pyproject.toml\n"
        in run("migrate", "apply", "../shop.json", "--allow-dirty").err
    )
