"""The catalogue of drivers, against real distributions on a path of the test's own."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from purveyor.catalog import Catalog, Driver, config_type
from purveyor.errors import DriverLoadError, DriverNotFoundError, MissingExtraError
from purveyor.provider import Provider

if TYPE_CHECKING:
    from pathlib import Path

Install = Callable[..., None]

GOOD = """
from purveyor.provider import Provider

class Good(Provider[dict]):
    async def initialize(self): pass
    async def cleanup(self): pass

    class Inner(Provider[dict]):
        async def initialize(self): pass
        async def cleanup(self): pass
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a distribution with drivers, and its modules, on sys.path."""
    site = tmp_path / "site"
    site.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(site)

    def add(distribution: str, entries: str, version: str = "1.0", **modules: str) -> None:
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[purveyor.drivers]\n{textwrap.dedent(entries)}\n")
        for name, code in modules.items():
            (site / f"{name}.py").write_text(code)
        importlib.invalidate_caches()

    yield add
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "").startswith(str(tmp_path)):
            del sys.modules[name]


def test_drivers_are_listed_without_being_imported(install: Install) -> None:
    """Trap 38."""
    install(
        "cat-shop", "cat.good = cat_good:Good\ncat.more = cat_good:Good.Inner [fast, big]", "2.1", cat_good=GOOD
    )
    catalog = Catalog()
    drivers = {driver.name: driver for driver in catalog.drivers}
    assert drivers["cat.good"] == Driver("cat.good", "cat-shop", "2.1", "cat_good:Good")
    assert drivers["cat.more"] == Driver("cat.more", "cat-shop", "2.1", "cat_good:Good.Inner", ("fast", "big"))
    assert drivers["cat.good"].source == "cat-shop 2.1"
    assert {"cat.good", "cat.more", "memory.sqlite"} <= set(catalog.names)
    assert list(catalog.names) == sorted(catalog.names)
    assert "cat_good" not in sys.modules
    assert catalog.load("cat.good").__name__ == "Good"
    assert catalog.load("cat.more").__qualname__ == "Good.Inner"


def test_the_built_in_drivers_are_declared() -> None:
    drivers = {driver.name: driver for driver in Catalog().drivers}
    assert drivers["memory.sqlite"].extras == ("sqlite",)
    assert drivers["memory.inprocess"].target == "purveyor.memory.inprocess:InProcessMemory"
    assert drivers["storage.local"].distribution == "purveyor"


def test_a_broken_plugin_harms_no_other(install: Install) -> None:
    """Trap 38."""
    install(
        "cat-bad",
        """
        bad.code = cat_bad:X
        bad.exit = cat_exit:X
        bad.module = cat_gone:X
        bad.value = no target at all
        bad.attribute = cat_raises:x
        good = cat_good:Good
        """,
        cat_bad="raise RuntimeError('on purpose')",
        cat_exit="import sys; sys.exit(3)",
        cat_raises="import sys\nsys.none",
        cat_good=GOOD,
    )
    catalog = Catalog()
    for name, expected in {
        "bad.code": "importing cat_bad failed with RuntimeError: on purpose",
        "bad.exit": "importing cat_exit failed with SystemExit: 3",
        "bad.module": "there is no module cat_gone",
        "bad.value": "is not of the form 'package.module:Class'",
        "bad.attribute": "importing cat_raises:x failed with AttributeError: module 'sys' has no attribute 'none'",
    }.items():
        with pytest.raises(DriverLoadError) as caught:
            catalog.load(name)
        assert str(caught.value) == f"driver {name} (cat-bad 1.0): {expected}"
    assert catalog.load("good").__name__ == "Good"


def test_damaged_metadata_harms_no_other(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    """Trap 38."""
    install("cat-damaged", "there is no equals sign")
    install("cat-fine", "cat.fine = cat_good:Good", cat_good=GOOD)
    assert {"cat.fine", "memory.sqlite"} <= set(Catalog().names)
    assert "the entry points of cat-damaged cannot be read" in caplog.text


def test_the_first_of_two_versions_on_the_path_counts(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("cat-damaged", "there is no equals sign")
    install("cat-twice", "cat.new = cat_good:Good")
    old = tmp_path / "old" / "cat_twice-0.1.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: cat-twice\nVersion: 0.1\n")
    (old / "entry_points.txt").write_text("[purveyor.drivers]\ncat.old = cat_good:Good\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "old")])
    assert {"cat.new"} == {name for name in Catalog().names if name.startswith("cat.")}


def test_a_missing_extra_says_what_to_install(install: Install) -> None:
    install(
        "cat-shop",
        "cat.extra = cat_extra:X [fast]\ncat.none = cat_extra:X\ncat.own = cat_own:X [fast]",
        cat_extra="import missing_module_xyz.sub",
        cat_own="from purveyor.errors import MissingExtraError\nraise MissingExtraError('a', 'b', 'c[d]')",
    )
    catalog = Catalog()
    with pytest.raises(MissingExtraError) as caught:
        catalog.load("cat.extra")
    assert str(caught.value) == (
        "driver cat.extra needs the module missing_module_xyz, which is not installed; "
        "pip install 'cat-shop[fast]'"
    )
    with pytest.raises(DriverLoadError, match="it needs the module missing_module_xyz, which is not installed"):
        catalog.load("cat.none")
    with pytest.raises(MissingExtraError, match=r"c\[d\]"):
        catalog.load("cat.own")


def test_two_distributions_with_one_name_are_both_shown_and_neither_is_used(install: Install) -> None:
    """Trap 38."""
    install("cat-b", "cat.same = cat_good:Good", cat_good=GOOD)
    install("cat-a", "cat.same = cat_good:Good.Inner")
    catalog = Catalog()
    same = [driver for driver in catalog.drivers if driver.name == "cat.same"]
    assert [driver.distribution for driver in same] == ["cat-a", "cat-b"]
    with pytest.raises(DriverLoadError) as caught:
        catalog.load("cat.same")
    assert str(caught.value) == (
        "driver cat.same (cat-a 1.0 and cat-b 1.0): several distributions offer a driver of this name; "
        "uninstall all but one, or name the class: driver = 'cat_good:Good.Inner' or 'cat_good:Good'"
    )


def test_an_unknown_name_offers_near_misses() -> None:
    with pytest.raises(DriverNotFoundError, match=r"did you mean 'memory\.sqlite'"):
        Catalog().load("memory.sqlit")
    with pytest.raises(DriverNotFoundError, match="`purveyor drivers` lists"):
        Catalog([]).load("zzz")


class TestByClass:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("tests.test_catalog:", "is not of the form 'package.module:Class'"),
            (":X", "is not of the form 'package.module:Class'"),
            ("a:b:c", "is not of the form 'package.module:Class'"),
            ("./x.py:X", "is not of the form 'package.module:Class'"),
            (".:X", "importing . failed with"),
            (
                "no_such_package.sub:X",
                "there is no module no_such_package; it is looked for beside the configuration file, then in sys",
            ),
            ("tests.config.needs_missing:X", "it needs the module missing_module_xyz, which is not installed"),
            (
                "tests.config.drivers:Stroe",
                "module tests.config.drivers has no Stroe; did you mean 'tests.config.drivers:Store'?",
            ),
            ("tests.config.drivers:Qqqqqq", "module tests.config.drivers has no Qqqqqq"),
            (
                "tests.config.drivers:Store.Inner",
                "importing tests.config.drivers:Store.Inner failed with AttributeError",
            ),
            (
                "tests.config.drivers:Foreign",
                "tests.config.drivers:Foreign is not a subclass of Provider (Foreign)",
            ),
            (
                "tests.config.drivers:NOT_A_CLASS",
                "tests.config.drivers:NOT_A_CLASS is not a subclass of Provider (object)",
            ),
            ("tests.config.drivers:Half", "tests.config.drivers:Half is abstract: it does not define cleanup"),
            (
                "purveyor.provider:Provider",
                "purveyor.provider:Provider is abstract: it does not define cleanup, initialize",
            ),
        ],
    )
    def test_what_is_wrong_is_told(self, name: str, expected: str) -> None:
        with pytest.raises(DriverLoadError) as caught:
            Catalog([]).load(name)
        assert str(caught.value).startswith(f"driver {name} (named by its class): {expected}")

    def test_what_is_right_is_loaded(self) -> None:
        assert Catalog([]).load("tests.config.drivers:Store").__name__ == "Store"

    def test_it_is_found_in_the_folder_only_while_it_is_imported(self, tmp_path: Path, install: Install) -> None:
        (tmp_path / "cat_local.py").write_text("import cat_neighbour\n" + GOOD)
        (tmp_path / "cat_neighbour.py").write_text("")
        before = list(sys.path)
        with pytest.raises(DriverLoadError, match="there is no module cat_local"):
            Catalog([]).load("cat_local:Good")
        assert Catalog([]).load("cat_local:Good", folder=tmp_path).__name__ == "Good"
        assert sys.path == before
        (tmp_path / "cat_fails.py").write_text("1 / 0")
        with pytest.raises(DriverLoadError, match="ZeroDivisionError"):
            Catalog([]).load("cat_fails:Good", folder=tmp_path)
        assert sys.path == before


C = TypeVar("C")
D = TypeVar("D")
B = TypeVar("B", bound=int)


class Complete(Provider[C]):
    async def initialize(self) -> None:
        pass

    async def cleanup(self) -> None:
        pass


class Mixin:
    pass


class Late:
    pass


class TwoParameters(Complete[D], Generic[C, D]):
    pass


class Direct(Complete[int]):
    pass


class Inherits(Mixin, Direct):
    pass


class Second(TwoParameters[str, float]):
    pass


class Bound(Complete[B]):
    pass


class Quoted(Complete["Late"]):
    pass


class Lost(Complete["NeverDefined"]):  # type: ignore[name-defined]
    pass


class Bare(Complete):  # type: ignore[type-arg]
    pass


class Anything(Complete[Any]):
    pass


class Nothing(Complete[None]):
    pass


class Several(Bare, Direct):
    pass


class Again(Direct, Complete[str]):  # as converted classes below converted ones are
    pass


class AgainSecond(TwoParameters[str, float], Complete[bytes]):
    pass


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (Again, str),
        (AgainSecond, float),
        (Direct, int),
        (Inherits, int),
        (Second, float),
        (Bound, int),
        (Quoted, Late),
        (Lost, dict[str, Any]),
        (Bare, dict[str, Any]),
        (Complete, dict[str, Any]),
        (Anything, dict[str, Any]),
        (Nothing, type(None)),
        (Several, int),
        (Complete[list[int]], dict[str, Any]),
    ],
)
def test_the_config_type_is_what_the_class_gives_to_provider(driver: Any, expected: Any) -> None:
    if driver == Complete[list[int]]:
        driver = driver.__origin__
    assert config_type(driver) == expected


def test_the_catalogue_loads_no_driver_and_no_pydantic() -> None:
    code = (
        "import sys; from purveyor.catalog import Catalog; Catalog().names;"
        "print([m for m in sys.modules if m.partition('.')[0] in ('pydantic', 'apsw') or '.memory' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


Bounded = TypeVar("Bounded", bound="Later")


class Later: ...


class Below(Provider[Bounded]): ...


def test_a_bound_in_quotes_is_found() -> None:
    below: Any = Below
    assert config_type(below) is Later


def test_a_type_in_quotes_is_found_where_it_was_written(install: Install, tmp_path: Path) -> None:
    """Modules that import each other: what is named as `package.module.Type` is there only later."""
    package = tmp_path / "site" / "quoted"
    package.mkdir()
    head = "from purveyor.provider import Provider\n"
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text("import quoted.second\nclass Config: pass\n")
    (package / "second.py").write_text(
        f"{head}import quoted.first\nclass Inner(Provider['quoted.first.Config']): pass\n"
        "class Outer: Config = int\n"
        "class Nested(Provider['Outer.Config']): pass\n"
        "class Absent(Provider['quoted.first.Nothing']): pass\n"
    )
    (package / "third.py").write_text(
        f"from quoted.second import Inner\n{head}"
        "class Child(Inner): pass\n"
        "class Unbound(Provider['quoted.first.Config']): pass\n"
    )
    importlib.invalidate_caches()
    first: Any = importlib.import_module("quoted.first")
    second: Any = importlib.import_module("quoted.second")
    third: Any = importlib.import_module("quoted.third")
    assert config_type(second.Inner) is first.Config
    assert config_type(third.Child) is first.Config  # another module than that of who wrote it
    assert config_type(third.Unbound) is first.Config
    assert config_type(second.Nested) is int
    assert config_type(second.Absent) == dict[str, Any]
