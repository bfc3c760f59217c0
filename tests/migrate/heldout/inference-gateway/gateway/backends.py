from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    import onnxruntime

    class _Session(Protocol):
        def run(self, outputs, feeds): ...


TIn = TypeVar("TIn")
TOut = TypeVar("TOut")


@runtime_checkable
class Predictor(Protocol[TIn, TOut]):
    def load(self) -> None: ...
    def unload(self) -> None: ...
    def predict(self, x: TIn) -> TOut: ...


@dataclass(frozen=True)
class ModelSpec:
    name: str
    path: Path
    version: int = 1
    labels: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "ModelSpec":
        return cls(name=path.stem, path=path)


class ModelBackend(Generic[TIn, TOut]):
    def __init__(self, spec: ModelSpec, *, device: str = "cpu"):
        self.spec = spec
        self.device = device
        self._lock = threading.Lock()
        self._ready = False

    def load(self) -> None:
        with self._lock:
            if not self._ready:
                self._load()
                self._ready = True

    def unload(self) -> None:
        with self._lock:
            if self._ready:
                self._unload()
                self._ready = False

    def _load(self) -> None:
        raise NotImplementedError

    def _unload(self) -> None:
        raise NotImplementedError

    def predict(self, x: TIn) -> TOut:
        raise NotImplementedError


class OnnxBackend(ModelBackend[np.ndarray, np.ndarray]):
    def _load(self) -> None:
        import onnxruntime

        self._session: _Session = onnxruntime.InferenceSession(str(self.spec.path))

    def _unload(self) -> None:
        del self._session

    def predict(self, x):
        return self._session.run(None, {"x": x})[0]


try:
    import torch
except ImportError:
    torch = None

if torch is not None:

    class TorchBackend(ModelBackend["torch.Tensor", "torch.Tensor"]):
        def _load(self):
            self._net = torch.jit.load(str(self.spec.path), map_location=self.device)

        def _unload(self):
            del self._net
            torch.cuda.empty_cache()

        def predict(self, x):
            with torch.inference_mode():
                return self._net(x)

else:

    class TorchBackend(ModelBackend):
        """Says what is missing instead of failing at import."""

        def _load(self):
            raise RuntimeError("pip install torch")
