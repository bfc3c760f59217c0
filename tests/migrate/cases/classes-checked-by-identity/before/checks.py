from zoo import Animal, Cat


def kinds():
    return {
        "cat": issubclass(Cat, Animal),
        "name": Cat.__name__,
        "qualified": f"{Cat.__module__}.{Cat.__qualname__}",
        "first base": Cat.__mro__[1].__name__,
    }


def is_animal(thing):
    return isinstance(thing, Animal)
