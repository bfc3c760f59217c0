from .base import ModelRunner, register, runner_for
from . import onnx as _onnx, torch_ as _torch  # registers

__all__ = ["ModelRunner", "runner_for"]
