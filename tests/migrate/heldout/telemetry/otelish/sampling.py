import random


class Sampler:
    def __init__(self, config):
        self.rate = config.get("rate", 1.0)

    def keeps(self, span):
        return random.random() < self.rate


class ParentSampler(Sampler):
    def keeps(self, span):
        return span.attributes.get("sampled", True)
