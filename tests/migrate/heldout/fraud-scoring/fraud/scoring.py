import dataclasses as dc
import importlib
from enum import Enum

from .features import BaseFeatureSource

SOURCES = {"redis": "fraud.features:RedisFeatures", "static": "fraud.features:StaticFeatures"}


def load_source(kind, **config) -> BaseFeatureSource:
    module, _, name = SOURCES[kind].partition(":")
    return getattr(importlib.import_module(module), name)(**config)


class Verdict(str, Enum):
    ACCEPT = "accept"
    REVIEW = "review"
    DENY = "deny"


@dc.dataclass
class Rule:
    name: str
    weight: float
    field: str
    over: float

    def hit(self, features):
        return getattr(features, self.field) > self.over


class RuleSet(list):
    @classmethod
    def load(cls, path):
        import yaml

        with open(path) as fh:
            return cls(Rule(**r) for r in yaml.safe_load(fh))


class Scorer:
    def __init__(self, rules, source: BaseFeatureSource):
        self.rules = rules
        self.source = source

    async def score(self, user) -> Verdict:
        f = await self.source.fetch(user)
        total = sum(r.weight for r in self.rules if r.hit(f))
        return Verdict.DENY if total > 1 else Verdict.REVIEW if total > 0.5 else Verdict.ACCEPT
