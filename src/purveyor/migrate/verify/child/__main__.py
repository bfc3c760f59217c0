"""The start, by path: this folder becomes the package that it is, without what stands above it."""

# pragma: exclude file - it is no module of the package while it runs, so that nobody can see its lines being run
import sys
from pathlib import Path
from types import ModuleType

_NAME = "purveyor.migrate.verify.child"

if __name__ == "__main__":
    package = ModuleType(_NAME)
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules[_NAME] = package

    from purveyor.migrate.verify.child.runner import main

    main(sys.argv[1], int(sys.argv[2]))
