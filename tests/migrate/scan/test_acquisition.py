"""What a class gets hold of and lets go tells resources from doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from purveyor.migrate.scan.shape import Shape
from purveyor.migrate.source.project import read_project
from tests.migrate.scan.samples import classify_text
from tests.migrate.scan.test_details import one


def told(root: Path, text: str, name: str = "Thing") -> str | None:
    """What is said of the class of a name."""
    (root / "m.py").write_text(text, encoding="utf-8")
    [facts] = [each for each in read_project(root).classes if each.name == name]
    return Shape(facts).acquisition


def of(root: Path, opening: str, closing: str, *, more: str = "def use(self): return 1") -> str | None:
    """What is said of a class with these lines for its two ends."""
    lines = [
        "class Thing:",
        "    def open(self, given=None):",
        *(f"        {line}" for line in opening.splitlines()),
        "    def close(self):",
        *(f"        {line}" for line in closing.splitlines()),
        *(f"    {line}" for line in more.splitlines()),
    ]
    return told(root, "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("self.x = lib.connect()", "self.x.close()"),
        ("self.x = connect()", "self.x.close()"),
        ("self.x: lib.X = lib.X()", "self.x.shutdown()"),
        ("self.x = given or lib.X()", "self.x.quit()"),
        ("self.x = given if given else lib.X()", "self.x.quit()"),
        ("self.x = lib.X() if given is None else given", "self.x.quit()"),
        ("self.x, self.y = lib.pair()", "self.y.release()"),
        ("[self.x, self.y] = lib.pair()", "self.y.release()"),
        ("self.x = lib.X()", "self.x = None"),
        ("self.x = lib.X()", "del self.x"),
        ("self.x = lib.OpenPrinter(1)", "lib.ClosePrinter(self.x)"),
        ("self.x = lib.X()", "release(self.x)"),
        ("self.x = lib.X()", "self.x.inner.terminate()"),
        ("self.x = lib.X()", "x, self.x = self.x, 0\nx.close()"),
        ("self.x = lib.X()", "x = self.x\nx.close()"),
        ("self.x = GPIO", "self.x.cleanup(1)"),
        ("self.x = lib.module", "self.x.cleanup(1)"),
        ("self.x.connect()", "self.x.disconnect()"),
        ("self.x.start_all()", "self.x.stop_all()"),
        ("self._more()", "self._less()"),
    ],
)
def test_what_is_got_hold_of_and_let_go(tmp_path: Path, opening: str, closing: str) -> None:
    more = "def _more(self): self.z = lib.Z()\ndef _less(self): self.z.close()\ndef use(self): return 1"
    assert of(tmp_path, opening, closing, more=more) == "released"


@pytest.mark.parametrize(
    ("opening", "closing", "answer"),
    [
        ("self.is_open = True", "self.is_open = False", None),
        ("self.at = time.monotonic()", "self.at = None", None),
        ("self.x = dict(a=1)", "self.x = None", None),
        ("self.x = GPIO", "self.x = None", None),
        ("x = lib.X()", "x.close()", None),
        ("self.log.info('on')", "self.log.info('off')", None),
        ("other.x = lib.X()", "self.x.close()", None),
        ("self.items[0] = lib.X()", "self.items[0].close()", None),
        ("self.x = lib.X()", "pass", "kept"),
        ("self.x = lib.X()", "self.y.close()", "kept"),
        ("self.x = lib.X()", "self.x.tell(1)", "kept"),
        ("self.x = lib.X()", "x, y = self.z\nx.close()", "kept"),
        ("self.x = lib.X()", "self.a, x = 1, 2\n(lambda: 0)()", "kept"),
        ("self.x = lib.X()", "self.nowhere()", "kept"),
    ],
)
def test_what_is_not(tmp_path: Path, opening: str, closing: str, answer: str | None) -> None:
    assert of(tmp_path, opening, closing) == answer


@pytest.mark.parametrize("opener", ["def __init__(self): self.open()", "def use(self): self.open()"])
def test_what_opens_itself_needs_nobody_to_start_it(tmp_path: Path, opener: str) -> None:
    more = f"{opener}\ndef use_more(self): return 1"
    assert of(tmp_path, "self.x = lib.X()", "self.x.close()", more=more) == "on demand"


def test_a_constructor_further_up_may_be_who_opens_it(tmp_path: Path) -> None:
    text = (
        "class Base:\n"
        "    def __init__(self): self.open()\n"
        "    def open(self): self.x = lib.X()\n"
        "    def close(self): self.x.close()\n"
        "    def use(self): return 1\n"
        "class Thing(Base):\n"
        "    def __init__(self): super().__init__()\n"
    )
    assert told(tmp_path, text) == "on demand"


@pytest.mark.parametrize("again", ["__enter__", "reconnect", "reset"])
def test_to_open_it_again_on_request_is_not_to_open_itself(tmp_path: Path, again: str) -> None:
    more = f"def {again}(self):\n    self.open()\ndef use(self): return 1"
    assert of(tmp_path, "self.x = lib.X()", "self.x.close()", more=more) == "released"


@pytest.mark.parametrize("up", ["super().open()", "super(Thing, self).open()", "Base.open(self)"])
def test_what_the_base_opens_counts(tmp_path: Path, up: str) -> None:
    text = (
        "class Base:\n"
        "    def open(self): self.x = lib.X()\n"
        "class Thing(Base):\n"
        f"    def open(self): {up}\n"
        "    def close(self): self.x.close()\n"
        "    def use(self): return 1\n"
    )
    assert told(tmp_path, text) == "released"


@pytest.mark.parametrize("up", ["pass", "Base.close(self)", "other.open(given)", "super().other()"])
def test_what_the_base_would_have_opened_does_not(tmp_path: Path, up: str) -> None:
    text = (
        "class Base:\n"
        "    def open(self): self.x = lib.X()\n"
        "    def other(self): pass\n"
        "class Thing(Base):\n"
        f"    def open(self, given=None): {up}\n"
        "    def close(self): self.x.close()\n"
        "    def use(self): return 1\n"
    )
    assert told(tmp_path, text) is None


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ("def use(self): return self.x.go()", "released"),
        ("def use(self): return 1", None),
        ("def _use(self): return self.x.go()", None),
    ],
)
def test_a_context_manager_is_used_with_what_it_holds(tmp_path: Path, more: str, answer: str | None) -> None:
    text = (
        "class Thing:\n"
        "    async def __aenter__(self):\n"
        "        self.x = await lib.connect()\n"
        "        return self\n"
        "    async def __aexit__(self, *exc): await self.x.close()\n"
        f"    {more}\n"
    )
    assert told(tmp_path, text) == answer


def test_one_that_has_half_a_pair_is_one_of_both(tmp_path: Path) -> None:
    text = (
        "class Thing:\n"
        "    def __enter__(self):\n"
        "        self.x = lib.X()\n"
        "        return self\n"
        "    def __exit__(self, *exc): self.close()\n"
        "    def close(self): self.x.close()\n"
        "    def use(self): return self.x\n"
    )
    assert told(tmp_path, text) == "released"


def test_one_end_alone_gets_hold_of_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, "class Thing:\n    def open(self): self.x = lib.X()\n    def use(self): pass\n") is None


@pytest.mark.parametrize(
    ("opening", "answer"),
    [
        ("self.x = asyncio.create_task(self._go())", "released"),
        ("self.x = Thread(target=self._go)", "released"),
        ("self.x = lib.flock()", "kept"),
    ],
)
def test_what_offers_nothing_is_one_if_it_goes_on_by_itself(
    tmp_path: Path, opening: str, answer: str | None
) -> None:
    assert of(tmp_path, opening, "self.x.cancel()", more="def _go(self): pass") == answer


# --- what follows ---------------------------------------------------------------------------------------------------


def test_who_holds_what_it_opens_is_a_provider(tmp_path: Path) -> None:
    body = "def connect(self): self.x = lib.X()\ndef close(self): self.x.close()\ndef use(self): return self.x"
    assert (each := one(tmp_path, body)).kind == "provider"
    assert each.evidence == "connect/close; holds what it opens"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "def open(self): self.x = 1\ndef close(self): self.x = 0",
            "open/close alone do not tell; adapt() makes one of it",
        ),
        (
            "def __enter__(self): return self\ndef __exit__(self, *e): pass\ndef use(self): pass",
            "its being a sync context manager alone does not tell",
        ),
        ("def use(self): pass", "no lifecycle of its own"),
    ],
)
def test_what_is_none_is_told_why(tmp_path: Path, body: str, why: str) -> None:
    assert one(tmp_path, body).evidence == why


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            "async def open(self):\n    self.state = 'open'\nasync def close(self):\n    self.state = 'closed'",
            "data",
        ),
        (
            "async def start(self):\n    '''On.'''\n    self._status = Is.ON\nasync def stop(self):\n    self._status = Is.OFF",
            "data",
        ),
        ("async def open(self):\n    self.sign = 'open'\nasync def close(self):\n    self.sign = ''", "provider"),
        ("async def open(self):\n    self.state = 1\nasync def close(self):\n    self.state = 0", "provider"),
        (
            "async def open(self):\n    self.state = 'open'\nasync def close(self):\n    await self.x.close()",
            "provider",
        ),
        ("async def open(self):\n    '''On.'''\nasync def close(self):\n    '''Off.'''", "provider"),
    ],
)
def test_what_only_names_a_state_opens_nothing(tmp_path: Path, body: str, kind: str) -> None:
    assert one(tmp_path, body + "\nasync def use(self): pass").kind == kind


FAMILY = """
class Target:
    def connect(self): return self
    def disconnect(self): pass
    def upload(self, key): raise NotImplementedError
class Local(Target):
    def upload(self, key): return key
class Remote(Target):
    def connect(self):
        self.api = lib.Api()
        return self
    def upload(self, key): return self.api.put(key)
class Null(Target):
    def upload(self, key): pass
"""


def test_one_of_a_family_that_holds_something_tells_of_all(tmp_path: Path) -> None:
    kinds = {name: each.kind for name, each in classify_text(tmp_path, FAMILY).items()}
    assert kinds == {"Target": "base", "Local": "provider", "Remote": "provider", "Null": "provider"}


def test_a_family_none_of_which_holds_anything_is_none(tmp_path: Path) -> None:
    text = FAMILY.replace(
        "def connect(self):\n        self.api = lib.Api()", "def connect_all(self):\n        self.api = 1"
    )
    assert text != FAMILY
    assert {each.kind for each in classify_text(tmp_path, text).values()} == {"data"}


def test_one_is_enough_where_the_base_leaves_something_open(tmp_path: Path) -> None:
    text = FAMILY.replace(
        "return self\n    def disconnect(self): pass", "self.on = 1\n    def disconnect(self): self.on = 0"
    )
    text = text.replace(
        "self.api = lib.Api()\n        return self",
        "self.api = lib.Api()\n    def disconnect(self): self.api = None",
    )
    kinds = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    assert kinds == {"Target": "base", "Local": "provider", "Remote": "provider", "Null": "provider"}


def test_a_base_with_both_ends_is_known_by_most_of_those_below_it(tmp_path: Path) -> None:
    text = (
        "class Locator:\n"
        "    def start(self): self.running = True\n"
        "    def stop(self): self.running = False\n"
        "    def room(self): return None\n"
        "class Ble(Locator):\n"
        "    def start(self): self.x = lib.X()\n"
        "    def stop(self): self.x.close()\n"
        "    def room(self): return self.x.near()\n"
        "class Fixed(Locator):\n"
        "    def room(self): return 1\n"
    )
    kinds = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    assert kinds["Ble"] == kinds["Fixed"] == "provider"
    assert kinds["Locator"] in ("base", "provider")


def test_a_queue_is_none(tmp_path: Path) -> None:
    """As that of Python 3.13 and newer, which is registered with a manager of processes."""
    text = (
        "class Queue:\n"
        "    def put(self, item): ...\n"
        "    def qsize(self): ...\n"
        "    def task_done(self): ...\n"
        "    def shutdown(self): self.is_shutdown = True\n"
        "Manager.register('Queue', Queue)\n"
    )
    assert classify_text(tmp_path, text)["Queue"].kind == "data"
    without = text.replace("task_done", "done")
    assert classify_text(tmp_path, without)["Queue"].kind == "provider"


def test_windows_and_what_stands_in_them_are_none(tmp_path: Path) -> None:
    text = (
        "from textual.widgets import Static\n"
        "class Bar(Static):\n"
        "    def start(self): self.timer = self.set_interval(1)\n"
        "    def stop(self): self.timer.stop()\n"
        "    def use(self): return 1\n"
    )
    assert classify_text(tmp_path, text)["Bar"].kind == "data"


@pytest.mark.parametrize(
    "framework",
    ["from hypothesis.stateful import RuleBasedStateMachine", "class RuleBasedStateMachine: pass"],
)
def test_a_test_is_none(tmp_path: Path, framework: str) -> None:
    text = (
        f"{framework}\n"
        "class Machine(RuleBasedStateMachine):\n"
        "    def setup(self): self.x = lib.X()\n"
        "    def teardown(self): self.x.close()\n"
    )
    each = classify_text(tmp_path, text)["Machine"]
    assert (each.kind, each.evidence) == ("data", "a test")


def test_a_data_class_that_holds_a_resource_is_one(tmp_path: Path) -> None:
    text = (
        "import attr\n"
        "@attr.s(auto_attribs=True)\n"
        "class Sftp:\n"
        "    host: str\n"
        "    def __enter__(self):\n"
        "        self.x = lib.connect(self.host)\n"
        "        return self\n"
        "    def __exit__(self, *exc): self.x.close()\n"
        "    def put(self, data): self.x.put(data)\n"
    )
    assert classify_text(tmp_path, text)["Sftp"].kind == "provider"


def test_a_circle_of_bases_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from b import B\n"
        "class A(B):\n"
        "    def open(self): raise NotImplementedError\n"
        "    def close(self): pass\n"
        "    def use(self): pass\n"
    )
    (tmp_path / "b.py").write_text("from a import A\nclass B(A):\n    def go(self): pass\n")
    from purveyor.migrate.scan.kinds import classify

    assert {each.kind for each in classify(read_project(tmp_path)).values()} == {"data"}


def test_what_only_adds_to_a_provider_is_no_base_of_it(tmp_path: Path) -> None:
    text = (
        "class Telling:\n"
        "    async def open(self): await super().open()\n"
        "    async def close(self): await super().close()\n"
        "class Real:\n"
        "    async def open(self): self.x = lib.X()\n"
        "    async def close(self): await self.x.close()\n"
        "    async def use(self): return self.x\n"
        "class Thing(Telling, Real): pass\n"
    )
    kinds = {name: each.kind for name, each in classify_text(tmp_path, text).items()}
    assert kinds == {"Telling": "data", "Real": "provider", "Thing": "provider"}


def test_to_call_further_up_where_there_is_nothing_is_no_harm(tmp_path: Path) -> None:
    assert of(tmp_path, "super().open()\nself.x = lib.X()", "self.x.close()") == "released"
