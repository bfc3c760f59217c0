from dataclasses import dataclass


@dataclass
class GateSettings:
    height: int = 2
    wide: bool = False
