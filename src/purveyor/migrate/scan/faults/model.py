"""What a fault is, and what each kind of fault means."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODES", "Fault"]


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One thing that is wrong with a class, or that stands in the way of its migration.

    Args:
        line: Where, in the class's file; 1-based.
        code: Which kind of fault, one of `CODES`.
        message: What is wrong and what to do, in a sentence or two.
    """

    line: int
    code: str
    message: str


#: Every code, with its title and its explanation, as documentation and SARIF rules show them.
CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "missing-base": (
            "A base class is not defined",
            (
                "The class derives from a name that nothing defines or imports, so that its module cannot "
                "be imported. Import the base, or correct its name."
            ),
        ),
        "missing-import": (
            "An import of something that the tree does not have",
            (
                "The module imports a module of this tree that does not exist, or a name that the imported "
                "module does not define. It fails when the import runs. Packages that are not part of the "
                "tree are left to --import-check."
            ),
        ),
        "unimplemented-abstract": (
            "Abstract methods are not implemented",
            (
                "A class that is not a base itself leaves abstract methods of its bases open. With ABCMeta "
                "among its bases it cannot be instantiated; without, nothing enforces it until the class "
                "stands on Purveyor's Provider, which is an ABC."
            ),
        ),
        "shadowed-method": (
            "An attribute hides a method",
            (
                "A value is stored under the name of a method of the class or of one of its bases. From "
                "then on the method cannot be called. Rename one of the two."
            ),
        ),
        "lock-reentry": (
            "A lock is taken again by who holds it",
            (
                "A method holds a lock that is not reentrant, and calls, directly or through other methods, "
                "one that takes the same lock: it waits for itself for ever. Move the work into a helper "
                "that expects the lock to be held."
            ),
        ),
        "read-only-attribute": (
            "An assignment to a read-only attribute",
            (
                "The class assigns to a property without a setter, or to an attribute of a frozen "
                "dataclass, which raises an AttributeError; or to a name that is read-only on Purveyor's "
                "Provider. Of those, LegacyProvider yields status, health and current to the class, but not "
                "metadata."
            ),
        ),
        "undefined-attribute": (
            "An attribute that nothing defines",
            (
                "A method reads an attribute of self that neither the class nor its bases or subclasses "
                "define or assign. Reported only where all bases are known and no attribute is set by name."
            ),
        ),
        "sync-in-async": (
            "Work that blocks the event loop",
            (
                "An async method calls a function that blocks: a sleep, a file, a subprocess, an HTTP "
                "request, a database. Everything else on the event loop stands still meanwhile. Await "
                "asyncio.to_thread(...), or use an async library."
            ),
        ),
        "path-prefix-check": (
            "A check of a path's prefix that can be escaped",
            (
                'The text of one path is compared with the beginning of another: "/data/files-private" '
                'begins with "/data/files" too. Use Path.is_relative_to on resolved paths.'
            ),
        ),
        "pickle": (
            "Untrusted bytes can run code",
            (
                "The class loads pickles, or a format that can hold them (dill, cloudpickle, shelve, "
                "joblib, torch.load, yaml.load without a safe loader): whoever can write the bytes can run "
                "code. Use JSON or another plain format; Purveyor reads no pickles."
            ),
        ),
        "lifecycle-arguments": (
            "A lifecycle method needs arguments",
            (
                "Purveyor calls initialize() and cleanup() without arguments. Give the parameters defaults, "
                "or take the values from the config."
            ),
        ),
        "sync-lifecycle": (
            "A lifecycle method is not async",
            (
                "Purveyor awaits the lifecycle. A class whose lifecycle is sync is served by "
                "purveyor.migrate.adapt(), which runs it on a thread of its own."
            ),
        ),
        "double-config": (
            "A config inside a config",
            (
                "The class unwraps config.config: a generic config carries the real one. It works only "
                "while every caller wraps it. Take the real config, typed."
            ),
        ),
        "dynamic-lookup": (
            "A module or class is looked up by a computed name",
            (
                "Names of modules and classes that are put together at run time cannot be followed by a "
                "tool, so they must not change. Name them in a table, or as entry points."
            ),
        ),
        "super-not-called": (
            "A base is not initialized",
            (
                "The constructor does not call super().__init__(), although a base assigns attributes there "
                "that methods read. Call it, or assign them."
            ),
        ),
        "environment-read": (
            "The environment is read inside the class",
            (
                "A setting comes from an environment variable, past the config. Let it be part of the "
                'config, which a configuration file can fill with "${NAME}" or { env = "NAME" }.'
            ),
        ),
        "mro": (
            "The bases have no consistent order",
            (
                "Python cannot put the bases of the class in order, or they form a cycle, so that the class "
                "cannot be created. Reorder the bases."
            ),
        ),
        "duplicate-class": (
            "A class is replaced by another of its name",
            (
                "Two classes of one name stand in one scope; the later one replaces the earlier. Rename or "
                "remove one."
            ),
        ),
        "import-failed": (
            "A module cannot be imported",
            "Importing the module in a process of its own fails, so that no class of it can be had.",
        ),
    }
)
