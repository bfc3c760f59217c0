"""The start, by path: this folder becomes the package that it is, without what stands above it."""

import sys
from pathlib import Path
from types import ModuleType

_NAME = "purveyor.migrate.verify.child"

if __name__ == "__main__":  # pragma: no cover - it runs before it is a module that could be measured
    package = ModuleType(_NAME)
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules[_NAME] = package

    from purveyor.migrate.verify.child.runner import main

    main(sys.argv[1], int(sys.argv[2]))
