"""Small projects, old and new, tried out for real."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import pytest

from purveyor.errors import CallScriptError, PlanError, VerifyError
from purveyor.migrate.change.journal import home_of
from purveyor.migrate.change.plan import load_plan
from purveyor.migrate.verify import process

from .conftest import Pair, step

STORE = """
    import asyncio, logging

    class Thing:
        def __init__(self, config: dict):
            self.path = config["path"]
            self._lock = asyncio.Lock()
            self._items = {}

        async def initialize(self):
            with open(self.path, "w") as file:
                file.write("opened")
            print("it begins")
            logging.getLogger("mod").info("begun: %r", self)

        async def itself(self): return self, [self], type(self)

        async def put(self, key: str, value, ttl: int = 5):
            async with self._lock:
                self._items[key] = value

        async def get(self, key: str):
            return self._items.get(key)

        async def keys(self):
            for key in self._items:
                yield key

        async def cleanup(self):
            self._items.clear()
"""

HEAD = """
    import asyncio, logging
    from dataclasses import dataclass
    from purveyor.migrate import LegacyProvider, settings

    @dataclass
    class ThingConfig:
        path: str

    class Thing(LegacyProvider[ThingConfig]):
        @classmethod
        def from_config(cls, config: ThingConfig):
            return cls(settings(config))
"""


def converted(old: str) -> str:
    """The class on its new base."""
    head, _, body = old.partition("\n    class Thing:")
    return HEAD + body + head.replace("import asyncio, logging", "")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE", 0.3)


def touched(old: str) -> str:
    """The same to whoever runs it."""
    return textwrap.dedent(old) + "\n#\n"


def outcomes(found: object) -> dict[str, int]:
    return {name: count for name, count in found.counts.items() if count}  # type: ignore[attr-defined]


def test_same_and_the_contract_is_kept(pair: Pair) -> None:
    seen: list[tuple[int, int, str]] = []
    found = pair.thing(STORE, converted(STORE), progress=lambda *each: seen.append(each))
    assert found.ok
    assert outcomes(found) == {"same": 21}
    assert [each.step for each in found.comparisons if each.scenario == 1] == [
        "Thing({'path': <path>})", "initialize()", "put('key', 'value')", "itself()", "get('key')", "keys()", "cleanup()", "left behind",
    ]  # fmt: skip
    assert [each.step for each in found.comparisons if each.scenario == 3] == [
        "contract: construct", "contract: register", "contract: reload", "contract: cleanup", "contract: cleanup twice",
    ]  # fmt: skip
    assert seen == [(0, 1, "mod"), (1, 1, "")]
    assert (pair.root / "mod.py").read_text().count("LegacyProvider") == 0  # the user's tree is not touched
    assert sorted(path.name for path in pair.root.iterdir()) == ["mod.py"]
    pair.apply()
    assert pair.verify() == found  # the same again, after the migration was applied

    home = pair.root.joinpath(*home_of(load_plan(pair.plan)))
    home.mkdir(parents=True)
    pair.plan = pair.plan.rename(home / "plan.json")
    assert pair.verify() == found  # the plan that a journal keeps finds its tree
    assert json.loads(json.dumps(found.to_json()))["counts"]["same"] == 21


def test_a_deadlock_that_is_gone_is_fixed_and_what_cannot_be_built_is_the_same_failure(pair: Pair) -> None:
    lock = """                self._items[key] = value
"""
    old = STORE.replace(lock, lock + "                async with self._lock:\n                    pass\n")
    assert old != STORE
    found = pair.thing(old, converted(STORE), timeout=0.5)
    put = step(found, "put")
    assert (put.outcome, put.old, put.new) == ("fixed", "it did not end in time", "None")
    assert found.ok
    assert found.counts["fixed"] == 1


def test_a_thread_lock_that_is_taken_twice_ends_the_process_and_the_rest_is_played(pair: Pair) -> None:
    old = """
        import threading
        class Thing:
            def __init__(self):
                self._lock = threading.Lock()
            def connect(self): ...
            def put(self, key):
                with self._lock:
                    self._put(key)
            def _put(self, key):
                with self._lock:
                    return key
            def close(self): ...
    """
    found = pair.thing(old, old.replace("Lock", "RLock"), timeout=0.3)
    assert found.ok
    assert [(each.step, each.outcome) for each in found.comparisons if each.scenario == 1] == [
        ("Thing()", "same"), ("connect()", "same"), ("put('key')", "fixed"), ("close()", "fixed"), ("left behind", "fixed"),
    ]  # fmt: skip
    assert {each.outcome for each in found.comparisons if each.scenario == 2} == {"same"}
    # The other way round it is a regression, and what follows from it is named, not counted again.
    back = pair.thing(old.replace("Lock", "RLock"), old, timeout=0.3)
    assert [(each.step, each.new) for each in back.regressed] == [("put('key')", "it did not end in time")]
    assert [(each.member, each.reason) for each in back.not_exercised if each.member != "contract"] == [
        ("close()", "not reached, since put('key') it did not end in time"),
        ("left behind", "not reached, since put('key') it did not end in time"),
    ]


def test_a_planted_defect_is_regressed(pair: Pair) -> None:
    new = (
        converted(STORE)
        .replace("self._items.get(key)", "self._items.get(key + 'x')")
        .replace("it begins", "it began")
    )
    found = pair.thing(STORE, new)
    assert not found.ok
    assert [(each.scenario, each.step, each.aspect, each.old, each.new) for each in found.regressed] == [
        (1, "initialize()", "stdout", "it begins\n", "it began\n"),
        (1, "get('key')", "result", "'value'", "None"),
        (2, "initialize()", "stdout", "it begins\n", "it began\n"),
        (2, "initialize()", "stdout", "it begins\n", "it began\n"),
    ]


def test_files_logs_leftovers_and_refusals_are_compared(pair: Pair) -> None:
    old = """
        import asyncio, logging, threading, time
        log = logging.getLogger("mod")
        class Thing:
            async def written(self): open("out.txt", "w").write("a")
            async def logged(self): log.info("a %s", 1)
            async def gone(self): log.info("a", 1, 2); logging.getLogger("asyncio").info("unheard")
            async def outside(self):
                try: open("/nowhere.txt", "w")
                except PermissionError as error: return error.filename
            async def threads(self):
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
                threading.Thread(target=time.sleep, args=(0.05,)).start()
                await asyncio.to_thread(time.sleep, 0)
            async def shutdown(self): ...
    """
    new = (
        old.replace('.write("a")', '.write("b")')
        .replace('log.info("a %s", 1)', 'log.info("b %s", 1)')
        .replace('open("/nowhere.txt"', 'open("/elsewhere.txt"')
        .replace(
            "def shutdown(self): ...", "def shutdown(self): self.left = asyncio.create_task(asyncio.sleep(9))"
        )
    )
    found = pair.thing(old, new)
    regressed = {(each.step, each.aspect): (each.old, each.new) for each in found.regressed if each.scenario == 1}
    assert regressed.keys() == {
        ("written()", "files"), ("logged()", "log"), ("outside()", "result"), ("left behind", "result"),
    }  # fmt: skip
    assert regressed["logged()", "log"] == ('["INFO mod: a 1"]', '["INFO mod: b 1"]')
    assert '"tree/out.txt"' in regressed["written()", "files"][0]
    assert regressed["left behind", "result"] == (
        '{"tasks": [], "threads": ["Thread-# (sleep)"]}',
        '{"tasks": ["sleep"], "threads": ["Thread-# (sleep)"]}',
    )
    assert step(found, "gone").outcome == "same"


def test_what_differs_from_run_to_run_is_not_held_against_the_new_side(pair: Pair) -> None:
    old = """
        import asyncio, datetime, os, random, secrets, time, uuid
        class Thing:
            def seeded(self): return uuid.uuid4(), uuid.uuid1(), time.time(), random.random(), secrets.token_hex()
            def later(self): return asyncio.sleep(0, 5)
            def process(self): return {"pid": os.getpid(), "kept": 1}
            def moment(self): return datetime.datetime.now()
            def sizes(self): return ["x"] * (time.perf_counter_ns() % 7 + 1) + [time.perf_counter_ns()]
            def order(self): return {"a", "b", "c"}, [*{"a", "b", "c"}]
            def address(self): return object(), repr(object())
    """
    found = pair.thing(old, touched(old))
    outcome = {each.step: each.outcome for each in found.comparisons if each.scenario == 1}
    assert found.ok
    assert outcome == {
        "Thing()": "same", "seeded()": "same", "later()": "same", "process()": "nondeterministic", "moment()": "nondeterministic",
        "sizes()": "nondeterministic", "order()": "same", "address()": "same", "left behind": "same",
    }  # fmt: skip
    # What stands beside it counts all the same.
    worse = pair.thing(old, old.replace('"kept": 1', '"kept": 2'))
    assert [each.step for each in worse.regressed] == ["process()"]


HANGS = "import time\nwhile True: time.sleep(1)\nclass Thing: ...\n"
EXITS = "import os\nos._exit(3)\nclass Thing: ...\n"
ENDS = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nclass Thing: ...\n"
STOPS = "class Stop(BaseException): ...\nraise Stop('here')\nclass Thing: ...\n"
CLOSES = "import os, time\nos.closerange(3, 1000)\ntime.sleep(600)\n"
WORKS = "class Thing: ...\n"


def test_imports_that_fail_in_every_way(pair: Pair) -> None:
    pair.change(
        {
            "a.py": (HANGS, HANGS + "#\n"),
            "b.py": (EXITS, EXITS + "#\n"),
            "c.py": (STOPS, STOPS + "#\n"),
            "d.py": (EXITS, WORKS),
            "e.py": (WORKS, ENDS),
            "g.py": ("raise SystemExit(2)", CLOSES, {"A": "not-a-provider"}),
            "h.py": ("import nothing_of_that_name", "import nothing_of_that_name  #", {"A": "adapter", "f.<locals>.B": "converted"}),
        }
    )  # fmt: skip
    pair.write("uses.py", "from c import Thing")
    pair.write("tests/test_c.py", "import c")
    pair.write("sub/__init__.py", "")
    pair.write("sub/broken.py", "import c (")
    found = pair.verify(timeout=0.3)
    assert [
        (each.module, each.outcome, each.old, each.new) for each in found.comparisons if each.step == "import"
    ] == [
        ("a", "same-failure", "", ""),
        ("b", "same-failure", "", ""),
        ("c", "same-failure", "", ""),
        ("d", "fixed", "the process ended: exit code 3", "None"),
        ("e", "regressed", "None", "the process ended: signal SIGKILL"),
        ("g", "regressed", "SystemExit: 2", "the process ended: it closed what it had not opened"),
        ("h", "same-failure", "", ""),
        ("uses", "same-failure", "", ""),
    ]
    assert [(each.module, each.subject, each.reason) for each in found.not_exercised] == [
        ("h", "A", "its state is adapter: compared by the import of its module only"),
        ("h", "f.<locals>.B", "it is defined in a function"),
        ("a", "Thing", "its module cannot be imported: old and new"),
        ("b", "Thing", "its module cannot be imported: old and new"),
        ("c", "Thing", "its module cannot be imported: old and new"),
        ("d", "Thing", "its module cannot be imported: old"),
        ("e", "Thing", "its module cannot be imported: new"),
    ]


def test_noise_children_and_deaths(pair: Pair, tmp_path: Path) -> None:
    """Megabytes are printed, children are forked and leave their session, and a call ends the process."""
    old = """
        import os, subprocess, sys, time, threading
        class Thing:
            def __init__(self): threading.Thread(target=time.sleep, args=(600,)).start()
            def noise(self):
                for _ in range(3000): print("x" * 1000)
                os.write(2, b"y" * 1000000)
            def forked(self):
                if os.fork() == 0:
                    if os.fork() == 0:
                        os.setsid()
                        time.sleep(600)
                    return "twice"
            def started(self):
                self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
                return self.child.poll()
            def rerun(self): return os.getpid()
            def tampered(self):
                os.chmod("data", 0)
                os.remove("mod.py")
                os.mkdir("new")
                os.rename("link.txt", "new/link.txt")
            def zz(self): os._exit(0)
    """
    pair.write("data/x.txt", "kept")
    pair.write("y.txt", "kept")
    (pair.root / "link.txt").symlink_to("y.txt")
    (pair.root / "out").symlink_to(tmp_path)
    (pair.root / "gone").symlink_to("nowhere")
    found = pair.thing(old, touched(old))
    outcome = {each.step: each.outcome for each in found.comparisons if each.scenario == 1}
    assert found.ok, found.regressed
    assert outcome == {
        "Thing()": "same", "noise()": "same", "forked()": "same", "started()": "same", "rerun()": "nondeterministic", "tampered()": "same", "zz()": "same-failure",
    }  # fmt: skip
    assert [each.reason for each in found.not_exercised if each.member != "contract"] == [
        "not reached, since zz() the process ended: exit code 0"
    ]
    assert not list(process._marked(f"{process._MARK}=".encode()))
    assert (pair.root / "link.txt").is_symlink()


def test_a_script_says_what_is_called(pair: Pair) -> None:
    old = (
        STORE.replace('config["path"]', "config.path")
        + "\n    class Config:\n        def __init__(self, path): self.path = path\n"
    )
    build = {"args": [{"$call": "mod:Config", "args": [{"$path": "deep.txt"}]}]}
    script = [
        {"class": "mod:Thing", "build": build, "calls": [{"method": "put", "args": ["a", {"b": [1]}]}, {"method": "get", "args": ["a"]}]},
        {"class": "mod:Thing", "build": build, "calls": [{"method": "put", "args": ["a", 1]}, {"method": "path"}, {"method": "cleanup"}]},
    ]  # fmt: skip
    found = pair.thing(old, old.replace(".get(key)", ".get(key, 3)"), script=json.dumps(script))
    assert found.ok
    text = [each.step for each in found.comparisons if each.scenario == 1]
    assert text[1:] == ["initialize()", "put('a', {'b': [1]})", "get('a')", "cleanup()", "left behind"]
    text = [each.step for each in found.comparisons if each.scenario == 2]
    assert text == ["Thing(Config(<deep.txt>))", "put('a', 1)", "path()", "cleanup()", "left behind"]
    assert not any("keys" in each.step for each in found.comparisons)
    with pytest.raises(CallScriptError, match="'mod:Other' is no converted class of this plan"):
        pair.thing(old, old + "#", script='[{"class": "mod:Other"}]')


def test_calls_come_from_the_tests(pair: Pair) -> None:
    pair.write(
        "tests/test_mod.py",
        """
        import pytest
        from mod import Thing

        @pytest.fixture
        async def thing(tmp_path):
            made = Thing({"path": str(tmp_path / "x.txt")})
            await made.initialize()
            yield made
            await made.cleanup()

        async def test_it(thing):
            await thing.put("from a test", [1, 2], ttl=9)
            assert await thing.get("from a test") == [1, 2]
            assert await thing.get(object()) is None
        """,
    )
    found = pair.thing(STORE, converted(STORE))
    assert found.ok
    assert [each.step for each in found.comparisons if each.scenario == 1] == [
        "Thing({'path': <x.txt>})", "initialize()", "put('from a test', [1, 2], ttl=9)", "get('from a test')", "cleanup()", "left behind",
    ]  # fmt: skip
    assert [each.step for each in found.comparisons if each.scenario == 2][2:4] == ["itself()", "keys()"]


CONTRACTS = """
    import asyncio
    class Sturdy:
        def __init__(self, config: dict): self.path = config["path"]
        async def initialize(self): ...
        async def cleanup(self): ...
    class Once:
        def __init__(self): self.open = 0
        async def initialize(self): self.open += 1
        async def cleanup(self):
            self.open -= 1
            if self.open < 0: raise RuntimeError("closed twice")
    class Late(Once):
        async def cleanup(self): ...
    class Chosen:
        def __init__(self, mode="fast"):
            if mode != "fast": raise ValueError(mode)
        async def initialize(self): ...
    class Wide:
        def __init__(self, mode="fast"): self.mode = mode
        async def initialize(self): ...
    class Renamed:
        async def initialize(self): ...
"""
CONVERTED = """
    import asyncio
    from dataclasses import dataclass
    from purveyor import ProviderMetadata, ProviderType
    from purveyor.migrate import LegacyProvider, settings
    @dataclass
    class Empty: ...
    @dataclass
    class Mode:
        mode: str
    @dataclass
    class Path:
        path: str
    class Sturdy(LegacyProvider[Path]):
        def __init__(self, config: dict): self.path = config["path"]
        @classmethod
        def from_config(cls, config: Path): return cls({})
        async def initialize(self): ...
        async def cleanup(self): ...
    class Once(LegacyProvider[Empty]):
        def __init__(self): self.open = 0
        @classmethod
        def from_config(cls, config: Empty): return cls()
        async def initialize(self): self.open += 1
        async def cleanup(self):
            self.open -= 1
            if self.open < 0: raise RuntimeError("closed twice")
    class Late(Once):
        async def cleanup(self):
            if self.metadata.name == "verified": await asyncio.sleep(60)
    class Chosen(LegacyProvider[Mode]):
        def __init__(self, mode="fast"):
            if mode != "fast": raise ValueError(mode)
        @classmethod
        def from_config(cls, config: Mode): return cls(**settings(config))
        async def initialize(self): ...
    class Wide(LegacyProvider[Mode]):
        def __init__(self, mode="fast"): self.mode = mode
        @classmethod
        def from_config(cls, config: Mode): return cls(**settings(config))
        async def initialize(self): ...
    class Renamed(LegacyProvider[Empty]):
        @classmethod
        def from_config(cls, config: Empty): return cls()
        @property
        def metadata(self): return ProviderMetadata("other", ProviderType.CUSTOM, "", "1")
        async def initialize(self): ...
"""


def test_the_contract_counts_only_where_the_legacy_lifecycle_worked(pair: Pair) -> None:
    names = ("Sturdy", "Once", "Late", "Chosen", "Wide", "Renamed")
    pair.change({"mod.py": (CONTRACTS, CONVERTED, dict.fromkeys(names, "converted"))})
    found = pair.verify(timeout=0.5)
    assert [(each.subject, each.step, each.new) for each in found.regressed] == [
        ("Late", "contract: reload", "it did not end in time"),
        ("Renamed", "contract: register", "AssertionError: it is registered, and cannot be looked up"),
        ("Sturdy", "contract: construct", "KeyError: 'path'"),
    ]
    assert {each.old for each in found.regressed} == {"the legacy lifecycle worked"}
    once = [each for each in found.comparisons if each.subject == "Once" and "contract" in each.step]
    assert [(each.step, each.outcome) for each in once] == [
        ("contract: construct", "same"), ("contract: register", "same"), ("contract: reload", "same"),
        ("contract: cleanup", "same"), ("contract: cleanup twice", "same-failure"),
    ]  # fmt: skip
    assert step(found, "contract: cleanup twice", scenario=3, subject="Wide").outcome == "same"
    assert [(each.subject, each.reason) for each in found.not_exercised if each.member == "contract"] == [
        ("Chosen", "its config asks for mode, and ValueError met what was made up")
    ]


def test_what_was_not_played_is_named(pair: Pair) -> None:
    old = """
        from abc import ABC, abstractmethod
        class Base(ABC):
            @abstractmethod
            def get(self): ...
        class Hosted:
            def __init__(self, host: "Nowhere"): ...
        class Fails:
            def __init__(self): raise KeyError("model")
            def get(self): ...
        function = Fails
        def maker(): ...
        class Twins:
            def initialize(self): ...
            def start(self): ...
            def use(self, other: "Nowhere"): ...
            def load(self, key): return key
        class Untyped(Twins): ...
    """
    new = old.replace("class Untyped(Twins)", "import purveyor.migrate as m\nclass Untyped(Twins, m.LegacyProvider)").replace("\n        import", "\n\n\n        import").replace("\nclass Untyped", "\n        class Untyped")  # fmt: skip
    names = ("Base", "Hosted", "Fails", "Gone", "maker", "Twins", "Untyped")
    pair.change({"mod.py": (old, new, dict.fromkeys(names, "converted"))})
    found = pair.verify()
    assert found.ok, found.regressed
    told = {(each.subject, each.member): each.reason for each in found.not_exercised}
    assert told == {
        ("Gone", ""): "AttributeError",
        ("maker", ""): "it is a function",
        ("Base", ""): "it is abstract: get",
        ("Hosted", ""): "host: 'Nowhere' is no class that is known",
        ("Fails", "get()"): "not reached, since Fails() KeyError: 'model'; give its calls with --script",
        ("Twins", "start"): "another name of the lifecycle",
        ("Twins", "use"): "other: 'Nowhere' is no class that is known",
        ("Untyped", "start"): "another name of the lifecycle",
        ("Untyped", "use"): "other: 'Nowhere' is no class that is known",
        ("Untyped", "contract"): "its config is of no type that says what it holds",
    } | {(name, "contract"): "it is no provider that is built from a config" for name in ("Fails", "Twins")}
    assert {each.subject for each in found.comparisons} == {"", "Fails", "Twins", "Untyped"}


def test_a_tree_within_a_package_and_one_below_src(pair: Pair) -> None:
    """Modules are imported by the names that the project uses."""
    old = "from app.core import base\nclass Thing(base.Base):\n    def use(self): return type(self).__module__\n"
    pair.change({"src/app/mod.py": (old, old + "#\n")})
    for path, text in {
        "src/app/__init__.py": "",
        "src/app/core/__init__.py": "",
        "src/app/core/base.py": "class Base: ...",
    }.items():
        pair.write(path, text)
    pair.write("src/app/user.py", "from . import mod\nfrom .mod import Thing")
    pair.write(".hidden/secret.py", "")
    pair.write(".env", "")
    found = pair.verify()
    assert {each.module for each in found.comparisons} == {"app.mod", "app.user"}
    assert {each.outcome for each in found.comparisons} == {"same"}
    # The same tree, from within.
    inner = Pair.__new__(Pair)
    inner.root, inner.plan = pair.root / "src" / "app", pair.plan
    inner.change({"mod.py": (old, old + "#\n")})
    found = inner.verify(root=inner.root)
    assert {each.module for each in found.comparisons} == {"app.mod", "app.user"}
    assert found.ok


def test_what_cannot_be_tried_out_is_said(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.change({"mod.py": (WORKS, WORKS + "#\n")})
    (pair.root / "mod.py").write_text("edited")
    with pytest.raises(PlanError, match="neither as before nor as planned"):
        pair.verify()
    (pair.root / "mod.py").unlink()
    with pytest.raises(VerifyError, match=r"mod\.py: .* cannot be read: No such file"):
        pair.verify()
    pair.change({"mod.py": (WORKS, WORKS + "#\n")})
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(VerifyError, match="/nowhere/python does not start: No such file"):
        pair.verify()
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(VerifyError, match="/bin/false says nothing: exit code 1"):
        pair.verify()


def test_nothing_of_the_environment_is_handed_on(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("API_KEY", "s3cr3t")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["relative", str(tmp_path / "more")]))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "extra_of_the_path.py").write_text("")
    old = """
        import os, sys, extra_of_the_path
        seen = "API_KEY" in os.environ, os.getcwd(), os.environ["HOME"], os.environ["TMPDIR"], sys.stdin.read(), sys.argv, "relative" in os.environ["PYTHONPATH"]
        raise RuntimeError(seen)
    """
    pair.change({"mod.py": (old, "", {})})
    (only,) = pair.verify().comparisons
    paths = "'<sandbox>/tree', '<sandbox>/home', '<sandbox>/tmp'"
    assert (only.outcome, only.old) == ("fixed", f"RuntimeError: (False, {paths}, '', ['python'], False)")


def test_a_provider_that_another_is_given_is_built_as_it_was_on_its_own(pair: Pair) -> None:
    rates = """
        class Rates:
            def __init__(self, config: dict):
                if not config["key"].isupper(): raise ValueError(config)
                self.key = config["key"]
            async def initialize(self): ...
        class Cache:
            def __init__(self, config: dict): self.size = config["size"]
            async def initialize(self): ...
        class Warm:
            def __init__(self, cache: Cache): self.cache = cache
            async def initialize(self): ...
            async def room(self): return self.cache.size
    """
    billing = """
        from rates import Cache, Rates
        class Billing:
            def __init__(self, rates: Rates, *, cache: Cache): self.rates, self.cache = rates, cache
            async def initialize(self): ...
            async def bill(self): return self.rates.key, self.cache.size
    """
    pair.write(
        "tests/test_rates.py",
        """
        import pytest
        from rates import Rates
        def test_refused():
            with pytest.raises(ValueError):
                rates = Rates({"key": "lower"})
        def test_taken():
            rates = Rates({"key": "UPPER"})
        """,
    )
    names: dict[str, str] = dict.fromkeys(("Rates", "Cache", "Warm"), "converted")
    pair.change({"rates.py": (rates, touched(rates), names), "shop.py": (billing, touched(billing), {"Billing": "converted"})})  # fmt: skip
    found = pair.verify()
    assert found.ok
    assert [each.step for each in found.comparisons if each.subject == "Warm" and each.scenario == 1] == [
        "Warm(Cache({'size': 1}))", "initialize()", "room()", "left behind",
    ]  # fmt: skip
    billed = [each for each in found.comparisons if each.subject == "Billing" and each.scenario == 1]
    assert [(each.step, each.outcome) for each in billed] == [
        ("Billing(Rates({'key': 'UPPER'}), cache=Cache({'size': 1}))", "same"),
        ("initialize()", "same"), ("bill()", "same"), ("left behind", "same"),
    ]  # fmt: skip


def test_what_was_not_reached_wants_a_script_where_there_is_none(pair: Pair) -> None:
    old = """
        class Thing:
            def __init__(self): raise KeyError("model")
            def get(self): ...
    """
    script = '[{"class": "mod:Thing", "calls": [{"method": "get"}]}]'
    for given, why in (
        (None, "not reached, since Thing() KeyError: 'model'; give its calls with --script"),
        (script, "not reached, since Thing() KeyError: 'model'"),
    ):
        found = pair.thing(old, touched(old), script=given)
        assert {each.member: each.reason for each in found.not_exercised} == {
            "get()": why, "contract": "it is no provider that is built from a config",
        }  # fmt: skip


def test_files_that_no_import_names_are_there_and_not_exercised(pair: Pair) -> None:
    names = ["store.pyw", ".store.py", ".hidden/store.py", "v1.2.py"]
    states = {"Thing": "converted", "Other": "adapter"}
    user = f"import runpy\nfor name in {names!r}: runpy.run_path(name)['Thing']\n"
    pair.change({name: (STORE, touched(STORE), states) for name in names} | {"user.py": (user, user + "#\n", {})})
    found = pair.verify()
    assert [(each.module, each.outcome) for each in found.comparisons] == [("user", "same")]
    told: dict[str, dict[str, str]] = {}
    for each in found.not_exercised:
        told.setdefault(each.module, {})[each.subject] = each.reason
    assert told == {
        module: {
            "Other": "its state is adapter: compared by the import of its module only",
            "Thing": f"{name} cannot be imported by its name",
        }
        for module, name in zip(["store", ".store", ".hidden.store", "v1.2"], names, strict=True)
    }


def test_a_file_without_classes_that_no_import_names(pair: Pair) -> None:
    pair.change({"store.pyw": ("import user\n", "import user  #\n", {})})
    found = pair.verify()
    assert found.comparisons == ()
    (only,) = found.not_exercised
    assert (only.module, only.subject, only.reason) == ("store", "", "store.pyw cannot be imported by its name")


def test_a_tree_that_is_not_there(pair: Pair) -> None:
    pair.change({"mod.py": (WORKS, WORKS + "#\n")})
    with pytest.raises(PlanError, match="the tree is not there; say where with --root"):
        pair.verify(root=pair.root / "nowhere")
