from abc import abstractmethod
from typing import Any, Dict


class BaseProvider:
    """Root of everything that talks to the outside."""

    def __init__(self, **config: Any) -> None:
        self.config: Dict[str, Any] = config

    @abstractmethod
    def connect(self): ...

    @abstractmethod
    def disconnect(self): ...


class BaseEffect:
    """DSP on a buffer."""

    def apply(self, pcm):
        raise NotImplementedError


class Component:
    def setup(self): ...

    def teardown(self): ...
