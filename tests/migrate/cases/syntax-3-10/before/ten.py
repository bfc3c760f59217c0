from contextlib import nullcontext


class Ten:
    def __init__(self, config: dict[str, int | str] | None = None) -> None:
        self.config = config or {}

    async def start(self) -> None:
        with (
            nullcontext(1) as one,
            nullcontext(2) as two,
        ):
            self.base = one + two

    async def stop(self) -> None:
        self.base = 0

    async def read(self, message: object) -> str:
        match message:
            case {"kind": "add", "by": int(by)}:
                return f"add {by + self.base}"
            case [first, *rest] if rest:
                return f"{first} and {len(rest)}"
            case str() as text:
                return text
            case _:
                return "?"
