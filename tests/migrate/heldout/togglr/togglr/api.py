from __future__ import annotations

import typing
from dataclasses import dataclass, field
from enum import Enum

JSON = typing.Union[bool, int, float, str, dict, list]
F = typing.TypeVar("F", bound=JSON)


class Reason(Enum):
    STATIC = "STATIC"
    DEFAULT = "DEFAULT"
    ERROR = "ERROR"
    TARGETED = "TARGETED"


class ErrorCode(Enum):
    NOT_READY = "PROVIDER_NOT_READY"
    NOT_FOUND = "FLAG_NOT_FOUND"


@dataclass
class Evaluation(typing.Generic[F]):
    value: F
    reason: Reason = Reason.DEFAULT
    error: typing.Optional[ErrorCode] = None


@dataclass
class Context:
    key: str = ""
    attributes: dict = field(default_factory=dict)


class FlagSource:
    def initialize(self, context: Context) -> None:
        pass

    def shutdown(self) -> None:
        pass

    def resolve(self, key: str, default: F, context: Context) -> Evaluation[F]:
        raise NotImplementedError

    def hooks(self) -> "list[Hook]":
        return []


class Hook:
    def before(self, key, context):
        pass

    def after(self, key, ev):
        pass


class LogHook(Hook):
    def after(self, key, ev):
        print(key, ev)
