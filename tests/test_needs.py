"""What `needs_of` reads in annotations."""

from __future__ import annotations

import gc
import inspect
import sys
import textwrap
import types
import weakref
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, Optional, Protocol, TypeVar, Union

import pytest

from purveyor.errors import InvalidInputError, InvalidNeedError
from purveyor.needs import Need, Needs, needs_of
from purveyor.provider import Provider
from tests import needs_postponed

T = TypeVar("T")
B = TypeVar("B", bound="Base[Any]")
U = TypeVar("U")


class Base(Provider[T]):
    async def initialize(self) -> None: ...

    async def cleanup(self) -> None: ...


class Memory(Base[Any]):
    pass


class Storage(Base[Any]):
    pass


class Speaks(Protocol):
    def speak(self) -> str: ...


Notes = Annotated[Memory, Needs("memory")]
Needing = Annotated[U, Needs("wanted")]
Endless = "Endless"


def with_annotations(*bases: type, **annotations: Any) -> type:
    """A class whose annotations are these objects: not strings, though this module's are."""
    return type("Made", bases or (Base,), {"__annotations__": annotations, "__module__": __name__})


def one(annotation: Any) -> Need:
    (need,) = needs_of(with_annotations(it=annotation))
    assert need.attribute == "it"
    return need


class TestForms:
    def test_a_class_without_needs(self) -> None:
        assert needs_of(Memory) == needs_of(with_annotations(a=int, b=list[int], c="list[str]", d=ClassVar)) == ()

    @pytest.mark.parametrize("annotation", [Annotated[Memory, Needs("m")], "Annotated[Memory, Needs('m')]"])
    def test_a_role(self, annotation: Any) -> None:
        assert one(annotation) == Need("it", "m", Memory)

    def test_the_role_is_the_attribute_if_none_is_given(self) -> None:
        assert one(Annotated[Memory, Needs()]) == Need("it", "it", Memory)

    def test_a_capability(self) -> None:
        assert one(Annotated[Memory, Needs(capability="embed")]) == Need("it", "it", Memory, capability="embed")

    @pytest.mark.parametrize(
        "annotation",
        [
            Annotated[Memory | None, Needs("m")],
            Annotated[Optional[Memory], Needs("m")],  # noqa: UP045
            Annotated[Union[None, Memory], Needs("m")],  # noqa: RUF036, UP007
            Annotated["Memory | None", Needs("m")],
            Annotated["Memory", Needs("m")] | None,
            Optional[Annotated[Memory, Needs("m")]],  # noqa: UP045
            Optional["Annotated[Memory, Needs('m')]"],
            "Annotated[Memory, Needs('m')] | None",
            "None | Annotated[Memory, Needs('m')]",
        ],
    )
    def test_an_optional_need(self, annotation: Any) -> None:
        assert one(annotation) == Need("it", "m", Memory, optional=True)

    @pytest.mark.parametrize(
        ("annotation", "cls"),
        [
            (Annotated[Base[int], Needs()], Base),
            (Annotated[Speaks, Needs()], Speaks),
            (Annotated[Any, Needs()], None),
            (Annotated[B, Needs()], Base),
            (Annotated[U, Needs()], None),
            (Final[Annotated[Memory, Needs()]], Memory),
            (Annotated["NotThere", Needs()], None),  # noqa: F821
        ],
    )
    def test_the_class(self, annotation: Any, cls: type | None) -> None:
        assert one(annotation).cls is cls

    def test_aliases(self) -> None:
        assert one(Notes) == Need("it", "memory", Memory)
        assert one("Notes | None") == Need("it", "memory", Memory, optional=True)
        assert one(Needing[Memory]) == Need("it", "wanted", Memory)

    def test_an_alias_can_be_given_another_role(self) -> None:
        assert one(Annotated[Notes, Needs("archive")]).role == "archive"
        assert one("Annotated[Notes, 'a word', Needs('archive')]").role == "archive"

    if sys.version_info >= (3, 12):  # which has the statement

        def test_type_statements(self) -> None:
            namespace: dict[str, Any] = {"__name__": __name__, **globals()}
            exec(
                textwrap.dedent("""
                    type Lazy = Annotated[Memory, Needs("memory")]
                    type Of[T] = Annotated[T, Needs("wanted")]
                    type Lost = NotThere
                    class Own[P]:
                        inner: "Annotated[P, Needs()]"
                """),
                namespace,
            )
            assert one(namespace["Lazy"]) == Need("it", "memory", Memory)
            assert one(namespace["Lazy"] | None) == Need("it", "memory", Memory, optional=True)
            assert one(namespace["Of"][Memory]) == Need("it", "wanted", Memory)
            assert one(Annotated[namespace["Lost"], Needs()]).cls is None  # noqa: F821
            assert needs_of(namespace["Own"]) == (Need("inner", "inner"),)
            assert needs_of(types.new_class("Given", (namespace["Own"][Memory],))) == (
                Need("inner", "inner", Memory),
            )


class TestAliasValue:
    """`type` statements of Python 3.12, as older ones see those of typing_extensions."""

    def test_one_that_cannot_be_evaluated_is_not_known(self) -> None:
        class TypeAliasType:
            @property
            def __value__(self) -> Any:
                raise NameError("NotThere")

            def __call__(self) -> None: ...

        assert one(Annotated[TypeAliasType(), Needs()]).cls is None

    def test_the_value_counts(self) -> None:
        from typing_extensions import TypeAliasType

        lazy: Any = TypeAliasType
        assert one(lazy("Lazy", Notes)) == Need("it", "memory", Memory)
        generic = lazy("Of", Annotated[U, Needs("wanted")], type_params=(U,))
        assert one(generic[Memory]) == Need("it", "wanted", Memory)


class TestPostponed:
    def test_names_that_only_a_type_checker_sees(self) -> None:
        assert needs_of(needs_postponed.Plain) == ()
        assert needs_of(needs_postponed.Seen) == (
            Need("memory", "memory"),
            Need("optional", "optional", optional=True),
            Need("reversed", "reversed", optional=True),
            Need("outside", "outside", optional=True),
            Need("old", "old", optional=True),
            Need("older", "older", optional=True),
            Need("dotted", "dotted", capability="embed"),
            Need("described", "described"),
            Need("quoted", "quoted", optional=True),
        )

    def test_names_that_are_there(self) -> None:
        assert needs_of(needs_postponed.Here) == (
            Need("plain", "plain", needs_postponed.Plain),
            Need("later", "later", needs_postponed.Later, optional=True),
            Need("builtin", "builtin", int),
        )

    def test_of_a_class_in_a_function(self) -> None:
        class Local(Base[Any]):
            pass

        class Needy(Base[Any]):
            local: Annotated[Local, Needs("l")]
            known: Annotated[Memory | None, Needs()]

        assert needs_of(Needy) == (Need("local", "l"), Need("known", "known", Memory, optional=True))

    def test_of_a_class_in_a_class(self) -> None:
        class Needy(Base[Any]):
            class Inner(Base[Any]):
                pass

            inner: Annotated[Inner, Needs()]

        assert needs_of(Needy) == (Need("inner", "inner", Needy.Inner),)

    def test_of_a_class_whose_module_is_gone(self) -> None:
        made = type("Made", (Base,), {"__annotations__": {"it": "Annotated[int, Needs()]"}, "__module__": "gone"})
        assert needs_of(made) == (Need("it", "it", int),)

    def test_what_cannot_be_read_is_told_if_it_is_a_need(self) -> None:
        with pytest.raises(
            InvalidNeedError, match=r"needs_postponed\.Misread\.bad: cannot be read: ZeroDivisionError"
        ):
            needs_of(needs_postponed.Misread)
        with pytest.raises(InvalidNeedError, match=r"cannot be read: InvalidInputError: role: is not a word"):
            needs_of(needs_postponed.Badly)
        assert needs_of(needs_postponed.Odd) == (Need("plain", "plain", needs_postponed.Plain),)


class TestLazyAnnotations:
    """Python 3.14 evaluates annotations when they are asked for, and fails if a name is not there."""

    def test_they_are_read_as_text_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def get_annotations(cls: type, *, format: str = "value") -> dict[str, str]:
            if format == "value" and cls is Needy:
                raise NameError("MemoryProvider")
            return {"it": "Annotated[lent | MemoryProvider, Needs('m')]"} if cls is Needy else {}

        lent = None
        later: Any

        def annotate() -> Any:
            return lent, later

        class Needy(Base[Any]):
            __annotate__ = staticmethod(annotate)

        module: Any = types.ModuleType("annotationlib")
        module.Format = types.SimpleNamespace(STRING="string")
        monkeypatch.setitem(sys.modules, "annotationlib", module)
        monkeypatch.setattr(inspect, "get_annotations", get_annotations)
        assert needs_of(Needy) == (Need("it", "m", optional=True),)
        later = None

    if sys.version_info >= (3, 14):  # which evaluates them late

        def test_in_earnest(self) -> None:
            namespace: dict[str, Any] = {
                "__name__": "somewhere",
                **{n: globals()[n] for n in ("Annotated", "Needs", "Base")},
            }
            exec(
                textwrap.dedent("""
                    def build(Lent):
                        class Needy(Base):
                            seen: Annotated[NotThere | None, Needs("m")]
                            lent: Annotated[Lent, Needs()]
                        return Needy
                """),
                namespace,
            )
            needy = namespace["build"](Memory)
            assert needs_of(needy) == (Need("seen", "m", optional=True), Need("lent", "lent", Memory))


class TestInheritance:
    def test_needs_are_inherited_in_order(self) -> None:
        first = with_annotations(a=Annotated[Memory, Needs()], b=Annotated[Memory, Needs()])
        second = with_annotations(first, c=Annotated[Storage, Needs()])
        assert [need.attribute for need in needs_of(second)] == ["a", "b", "c"]

    def test_an_annotation_of_a_subclass_wins(self) -> None:
        first = with_annotations(a=Annotated[Base, Needs("x")])
        assert needs_of(with_annotations(first, a=Annotated[Memory | None, Needs("y")])) == (
            Need("a", "y", Memory, optional=True),
        )

    def test_a_plain_annotation_of_a_subclass_takes_the_need_away(self) -> None:
        first = with_annotations(a=Annotated[Memory, Needs()], b=Annotated[Memory, Needs()])
        assert [need.attribute for need in needs_of(with_annotations(first, a=Memory))] == ["b"]
        assert [need.attribute for need in needs_of(with_annotations(first, a="NotThere"))] == ["b"]

    def test_several_bases_follow_the_method_resolution_order(self) -> None:
        top = with_annotations(a=Annotated[Memory, Needs("top")])
        left = with_annotations(top, a=Annotated[Memory, Needs("left")])
        right = with_annotations(top, a=Annotated[Memory, Needs("right")], b=Annotated[Memory, Needs()])
        assert {need.role for need in needs_of(with_annotations(left, right))} == {"left", "b"}

    def test_a_role_may_move_to_another_attribute(self) -> None:
        first = with_annotations(a=Annotated[Memory, Needs("m")])
        second = with_annotations(first, a=object, b=Annotated[Memory, Needs("m")])
        assert needs_of(second) == (Need("b", "m", Memory),)

    def test_type_variables_of_generic_bases(self) -> None:
        class Box(Base[Any], Generic[B]):
            inner: Annotated[B, Needs()]

        class Middle(Box[B]):
            pass

        class Full(Middle[Memory]):
            pass

        class Deeper(Full):
            pass

        def inner(cls: type) -> Any:
            return needs_of(cls)[0].cls

        assert [inner(cls) for cls in (Box, Middle, Full, Deeper)] == [Base, Base, Memory, Memory]
        assert needs_of(needs_postponed.Box)[0].cls is None
        assert needs_of(needs_postponed.PlainBox)[0].cls is needs_postponed.Plain


class TestRefused:
    @pytest.mark.parametrize(
        ("annotation", "problem"),
        [
            (Annotated[Memory, Needs], "has Needs without parentheses; write Needs"),
            (list[Annotated[Memory, Needs()]], "has Needs inside another type; a need is one provider"),
            (dict[str, list[Annotated[Memory, Needs]]], "has Needs inside another type"),
            (Annotated[Memory, Needs()] | int, "has Needs inside another type"),
            (ClassVar[Annotated[Memory, Needs()]], "is a ClassVar; a need is set on each instance"),
            (Annotated[Memory | Storage, Needs()], "is not annotated with one class"),
            (Annotated[Memory | Storage | None, Needs()], "is not annotated with one class"),
            (Annotated[Literal["memory"], Needs()], "is not annotated with one class"),
            (Annotated[Endless, Needs()], "is not annotated with one class"),
        ],
    )
    def test_what_is_no_need(self, annotation: Any, problem: str) -> None:
        made = with_annotations(it=annotation)
        with pytest.raises(InvalidNeedError, match=problem) as caught:
            needs_of(made)
        assert caught.value.where == f"{__name__}.Made.it"
        assert isinstance(caught.value, TypeError)
        assert caught.value.permanent

    def test_two_attributes_with_one_role(self) -> None:
        made = with_annotations(a=Annotated[Memory, Needs("m")], b=Annotated[Memory, Needs("m")])
        with pytest.raises(InvalidNeedError) as caught:
            needs_of(made)
        assert str(caught.value) == (
            f"{__name__}.Made.b: has the role 'm', as a has; give it one of its own: Needs(\"b\")"
        )

    @pytest.mark.parametrize("word", ["", 3, b"m", Memory])
    def test_a_word_that_is_none(self, word: Any) -> None:
        with pytest.raises(InvalidInputError, match="role: is not a word"):
            Needs(word)
        with pytest.raises(InvalidInputError, match="capability: is not a word"):
            Needs(capability=word)


def test_the_answer_is_kept_and_keeps_no_class_alive() -> None:
    made = with_annotations(it=Annotated[int, Needs()])
    assert needs_of(made) is needs_of(made)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None
