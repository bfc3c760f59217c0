"""Prefix checks that can be escaped, and pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.migrate.scan_faults.marked import check

if TYPE_CHECKING:
    from pathlib import Path

ESCAPED = """
    import os
    from pathlib import Path
    class Files:
        def __init__(self, root):
            self.root = Path(root)
            self.text = os.path.abspath(root)
            self.home = Path(root).resolve()
        def inside(self, name, other_path):
            path = (self.root / name).resolve()
            full = os.path.join(self.text, name)
            place = self.home / name
            if not str(path).startswith(str(self.root)):  # ! path-prefix-check
                raise ValueError(name)
            return [
                full.startswith(self.text),  # ! path-prefix-check
                str(place).startswith(os.getcwd()),  # ! path-prefix-check
                os.path.realpath(name).startswith(str(self.home)),  # ! path-prefix-check
                other_path.as_posix().startswith(os.path.join("a", "b")),  # ! path-prefix-check
                str(self.home.joinpath(name)).startswith(str(Path("x"))),  # ! path-prefix-check
                str(self.home).startswith(str(self.root / name)),  # ! path-prefix-check
                os.path.commonprefix([name, self.text]) == self.text,  # ! path-prefix-check
            ]
    """

HELD = """
    import os
    from pathlib import Path
    class Files:
        def __init__(self, root):
            self.root = Path(root)
            self.text = os.path.abspath(root) + os.sep
            self.unset: str
            one = two = three = four = os.getcwd()
            for _ in root: one = root
        def inside(self, name, text):
            full = os.path.abspath(name)
            again = full
            deeper = again
            deepest = deeper
            too_deep = deepest
            same = str(text)
            return (
                full.startswith(self.text), full.startswith(str(self.root) + "/"), full.startswith(f"{self.root}/"),
                full.startswith(os.path.join(str(self.root), "")), full.startswith("/tmp"), name.startswith("."),
                str(text).startswith(str(name)), same.startswith(str(self.root)), full.startswith(self.unset),
                too_deep.startswith(str(self.root)), full.startswith(("a", "b")), full.startswith(str(self.root), 3),
                str(text[0]).startswith(str(self.root)), full.startswith(os.path.join()), text[0].startswith(full),
                str(name.strip()).startswith(str(self.root)), str(text.attribute).startswith(str(self.root)),
                os.path.commonprefix([name, full]), Path(full).is_relative_to(self.root),
            )
        def minded(self, name):
            full = os.path.abspath(name)
            if full.startswith(str(self.root)) and full[len(str(self.root))] == os.sep:
                return full
    """

PICKLES = """
    import pickle, dill, shelve, joblib, torch, yaml, numpy
    from pickle import loads as thaw, Unpickler
    class Stash:
        def get(self, data, later, **more):
            pickle.loads(data)  # ! pickle
            thaw(data)  # ! pickle
            Unpickler(data).load()  # ! pickle
            dill.load(data)  # ! pickle
            shelve.open("x")  # ! pickle
            later(joblib.load, data)  # ! pickle
            torch.load(data)  # ! pickle
            torch.load(data, weights_only=False)  # ! pickle
            yaml.load(data)  # ! pickle
            yaml.load(data, yaml.FullLoader)  # ! pickle
            yaml.load(data, Loader=yaml.Loader)  # ! pickle
            yaml.unsafe_load(data)  # ! pickle
            numpy.load(data, allow_pickle=True)  # ! pickle
    """

PLAIN = """
    import copy, json, marshal, pickle, torch, yaml, numpy
    from jsonpickle import loads
    class Restricted(pickle.Unpickler):
        def find_class(self, module, name):
            raise pickle.UnpicklingError(name)
    class Stash:
        def get(self, data, loads_of, **more):
            json.loads(data), loads(data), loads_of(data), data.loads(data), Restricted(data).load()
            torch.load(data, weights_only=True), torch.load(data, **more), torch.loader(data)
            yaml.safe_load(data), yaml.load(data, Loader=yaml.SafeLoader), yaml.load(data, yaml.CSafeLoader)
            yaml.load(data, **more), yaml.load(data, Loader=more["loader"])
            numpy.load(data), numpy.load(data, allow_pickle=False), pickle.HIGHEST_PROTOCOL, data()()
            def pickle_loads(pickle): return pickle.loads(data)
            return pickle_loads
    """


def test_prefixes_that_can_be_escaped(tmp_path: Path) -> None:
    messages = check(tmp_path, ESCAPED, kind="data")
    assert all("Path.is_relative_to()" in message for message in messages)


def test_prefixes_that_hold(tmp_path: Path) -> None:
    check(tmp_path, HELD, kind="data")


def test_pickles(tmp_path: Path) -> None:
    messages = check(tmp_path, PICKLES, kind="data")
    assert "`pickle.loads` runs code" in messages[0]


def test_what_is_none(tmp_path: Path) -> None:
    check(tmp_path, PLAIN, kind="data")


def test_a_provider_is_not_to_write_them_either(tmp_path: Path) -> None:
    text = "import pickle\nclass Stash:\n    def put(self, x): return pickle.dumps(x)\n"
    check(tmp_path / "one", text, kind="data")
    check(tmp_path / "two", text.replace("(x)\n", "(x)  # ! pickle\n"))
