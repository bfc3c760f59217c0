from abc import ABC, abstractmethod


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return self.side**2


class ShapeVisitor(ABC):
    @abstractmethod
    def visit(self, shape: Shape) -> None: ...

    def finish(self) -> str:
        return type(self).__name__
