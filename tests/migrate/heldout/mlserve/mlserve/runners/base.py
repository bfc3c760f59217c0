import gc
import logging
from pathlib import Path
from typing import Any, Callable, ClassVar, Dict, Optional, Type

import numpy as np

_RUNNERS: Dict[str, Type["ModelRunner"]] = {}


def register(suffix: str) -> Callable:
    def wrap(cls):
        _RUNNERS[suffix] = cls
        return cls
    return wrap


def runner_for(path: Path) -> "ModelRunner":
    try:
        return _RUNNERS[path.suffix](path)
    except KeyError:
        raise UnknownFormat(path.suffix) from None


class UnknownFormat(LookupError):
    """No runner for the file suffix."""


class ModelRunner:
    device: ClassVar[str] = "cpu"

    def __init__(self, path: Path, **options: Any):
        self.path = Path(path)
        self.options = options
        self.log = logging.getLogger(type(self).__qualname__)
        self.model: Optional[Any] = None

    def load(self) -> None:
        self.log.info("loading %s", self.path)
        self.model = self._load()
        self.warmup()

    def unload(self) -> None:
        self.model = None
        gc.collect()

    def warmup(self) -> None:
        """Hook."""

    def _load(self):
        raise NotImplementedError

    def predict(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError
