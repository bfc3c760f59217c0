from dataclasses import dataclass, field


@dataclass
class Change:
    email: str
    fields: dict = field(default_factory=dict)


class Differ:
    def __init__(self, left, right):
        self.left = {c["email"]: c for c in left}
        self.right = {c["email"]: c for c in right}

    def changes(self):
        for email, c in self.left.items():
            if c != self.right.get(email):
                yield Change(email, c)


class ConflictError(Exception):
    pass
