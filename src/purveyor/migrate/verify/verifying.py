"""`verify`: whether a migration changed what the code does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from purveyor.errors import CallScriptError, PlanError, VerifyError
from purveyor.migrate.change.plan import converted, load_plan
from purveyor.migrate.change.standing import root_of
from purveyor.migrate.verify.layout import Layout, is_test
from purveyor.migrate.verify.literals import calls_in_tests, required_settings
from purveyor.migrate.verify.observing import Observer, Unit
from purveyor.migrate.verify.result import Comparison, NotExercised, Verification
from purveyor.migrate.verify.script import read_script
from purveyor.migrate.verify.trees import Workspace
from purveyor.migrate.verify.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from purveyor.migrate.change.plan import Plan

__all__ = ["verify"]


def verify(
    plan_path: str | Path,
    *,
    root: str | Path | None = None,
    script: str | Path | None = None,
    timeout: float = 10.0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Verification:
    """Try out old and new, each in processes of their own, and compare what they do.

    **This runs the project's code**: its modules are imported, and methods of its converted classes are called. It
    does so in copies of the tree in a temporary folder, without the caller's environment, and Python's own
    functions refuse to write outside of the copy and to use the network. Programs that the code starts and
    extensions in C are not held by that.

    It works before and after `apply` alike: either side is made from what stands in the tree, by the plan.

    Args:
        plan_path: The plan.
        root: The tree; where the plan says it is, if not given.
        script: A file with the calls to make; see `purveyor.migrate.verify.script`. Classes that it does not name
            get calls from the project's tests, and from their signatures.
        timeout: How long an import or one call may take, in seconds.
        progress: Called with how many modules were compared, how many there are, and the name of the one that
            follows.

    Returns:
        What was found; `Verification.ok` says whether nothing regressed.

    Raises:
        PlanError: The plan cannot be read, or a planned file is neither as before nor as planned.
        CallScriptError: The script cannot be read, or names a class that is not converted.
        VerifyError: The trees cannot be copied, or no process can be started.
    """
    path = Path(plan_path)
    plan = load_plan(path)
    tree = root_of(plan, path, None if root is None else Path(root))
    if not tree.is_dir():
        raise PlanError(str(tree), "the tree is not there", "say where with --root")
    scripted = {} if script is None else read_script(Path(script))
    try:
        with Workspace(tree, plan) as workspace:
            return _verify(workspace, plan, scripted, str(script), timeout, progress)
    except OSError as error:  # a full disk, most likely
        raise VerifyError(error.strerror or str(error), error.filename) from error


def _verify(
    workspace: Workspace,
    plan: Plan,
    scripted: Mapping[str, list[dict[str, Any]]],
    script: str,
    timeout: float,
    progress: Callable[[int, int, str], None] | None,
) -> Verification:
    layout = Layout(workspace.folder / "old" / "tree", workspace.paths())
    units, not_exercised = _units(layout, plan, workspace.prefix, scripted)
    known = {f"{unit.module}:{name}": unit.keys[name] for unit in units for name in unit.classes}
    for name in sorted(scripted.keys() - known.keys()):
        raise CallScriptError(script, f"{name!r} is no converted class of this plan")
    roots = layout.roots([workspace.prefix + file.path for file in plan.files])
    observer = Observer(workspace, roots, timeout, known)
    comparisons: list[Comparison] = []
    for number, unit in enumerate(units):
        if progress is not None:
            progress(number, len(units), unit.module)
        trial = Trial(observer, unit)
        trial.run()
        observer.builds |= trial.builds()
        comparisons += trial.comparisons
        not_exercised += trial.not_exercised.keys()
    if progress is not None:
        progress(len(units), len(units), "")
    return Verification(tuple(comparisons), tuple(not_exercised))


def _units(
    layout: Layout, plan: Plan, prefix: str, scripted: Mapping[str, list[dict[str, Any]]]
) -> tuple[list[Unit], list[NotExercised]]:
    """The modules to try out: those that change, and those that import them."""
    wanted: dict[str, list[str]] = {}
    keys: dict[str, dict[str, dict[str, str]]] = {}
    left_out: list[NotExercised] = []
    for file in plan.files:
        path = prefix + file.path
        module = layout.module(path)
        names: list[str] = []
        for entry in file.classes:
            name, state = str(entry["name"]), str(entry["state"])
            if not state.startswith("converted"):
                if state in {"adapter", "refused"}:
                    reason = f"its state is {state}: compared by the import of its module only"
                    left_out.append(NotExercised(module, name, "", reason))
            elif "<locals>" in name:
                left_out.append(NotExercised(module, name, "", "it is defined in a function"))
            else:
                names.append(name)
        if not layout.importable(path):
            reason = f"{path} cannot be imported by its name"
            left_out += [NotExercised(module, name, "", reason) for name in names or [""]]
            continue
        planned = required_settings(converted(plan, file, layout.data(path)))
        wanted[path] = names
        keys[path] = {name: planned.get(name.rpartition(".")[2], {}) for name in names}
    names = [name.rpartition(".")[2] for classes in wanted.values() for name in classes]
    tested = calls_in_tests((layout.data(path) for path in layout.files if is_test(path)), names)
    units: list[Unit] = []
    for path, classes in wanted.items():
        module = layout.module(path)
        by_script = {name: scripted[f"{module}:{name}"] for name in classes if f"{module}:{name}" in scripted}
        seeds = {name: by_script.get(name, tested[name.rpartition(".")[2]]) for name in classes}
        units.append(Unit(module, seeds, frozenset(by_script), keys[path]))
    units += [Unit(layout.module(path)) for path in layout.importers(list(wanted))]
    return units, left_out
