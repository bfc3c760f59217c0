"""The start, by path: this folder becomes the package that it is, without what stands above it."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_NAME = "purveyor.migrate.verify.child"
_WORDS = "purveyor.migrate.words"  # that file, and nothing of what stands around it

if __name__ == "__main__":  # pragma: no cover - it runs before it is a module that could be measured
    package = ModuleType(_NAME)
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules[_NAME] = package
    spec = spec_from_file_location(_WORDS, Path(__file__).parents[2] / "words.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[_WORDS] = words = module_from_spec(spec)
    spec.loader.exec_module(words)

    from purveyor.migrate.verify.child.runner import main

    main(sys.argv[1], int(sys.argv[2]))
