"""Which of Purveyor's types a provider is of: memory, storage, capability, or custom."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

from purveyor.migrate.scan.ancestry import external_names
from purveyor.migrate.scan.construction import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from purveyor.migrate.scan.shape import Shape

__all__ = ["TypeName", "type_of"]

TypeName: TypeAlias = Literal["memory", "storage", "capability", "custom"]

#: Words in the names of modules and classes, and which type they tell.
_WORDS: dict[str, TypeName] = {
    **dict.fromkeys(
        ("memory", "memories", "cache", "caches", "caching", "kv", "remembering", "recall", "vector", "vectors"),
        "memory",
    ),
    **dict.fromkeys(
        ("storage", "storages", "blob", "blobs", "bucket", "buckets", "files", "filesystem", "s3", "gcs"),
        "storage",
    ),
    **dict.fromkeys(
        (
            "llm", "llms", "agent", "agents", "embedding", "embeddings", "embedder", "tts", "stt", "speech",
            "synthesis", "chat", "completion", "model", "models", "capability", "capabilities", "translation",
            "translator", "transcription", "search", "vision", "tool", "tools", "content", "ai", "voice",
        ),
        "capability",
    ),
}  # fmt: skip

_MEMBERS: dict[str, TypeName] = {
    "MEMORY": "memory",
    "STORAGE": "storage",
    "CAPABILITY": "capability",
    "CUSTOM": "custom",
}

_BASES: dict[str, TypeName] = {
    "MemoryProvider": "memory",
    "StorageProvider": "storage",
    "CapabilityProvider": "capability",
}

#: What operations are called, and which type that tells.
_OPERATIONS: dict[str, TypeName] = {
    **dict.fromkeys(
        (
            "remember", "recall", "forget", "store", "retrieve", "search", "set", "put", "get", "delete", "expire",
            "ttl", "keys", "touch", "clear", "exists",
        ),
        "memory",
    ),
    **dict.fromkeys(
        (
            "upload", "download", "presign", "copy", "rename", "move", "head", "stat", "write", "read", "save",
            "list", "put_object", "get_object",
        ),
        "storage",
    ),
    **dict.fromkeys(
        (
            "generate", "complete", "chat", "embed", "synthesize", "synthesise", "speak", "say", "transcribe",
            "translate", "summarize", "summarise", "predict", "classify", "ask", "answer", "infer", "stream",
            "recognize", "recognise", "query",
        ),
        "capability",
    ),
}  # fmt: skip


def type_of(shape: Shape, roots: Iterable[Shape]) -> TypeName:
    """Decide on the type of a provider: by what it says, then its place, its name, its roots, what it offers.

    Args:
        shape: The provider.
        roots: The providers that it descends from.
    """
    stated = _stated(shape)
    if stated is not None:
        return stated
    place = [part for part in shape.facts.file.path.removesuffix(".py").split("/") if part != "__init__"]
    for part in reversed(place):  # the folder nearest to the class tells most
        told = _told_by(words_of(part))
        if told is not None:
            return told
    told = _told_by(words_of(shape.facts.name))
    if told is not None:
        return told
    for root in roots:
        told = _told_by(words_of(root.facts.name))
        if told is not None:
            return told
    return _told_by_operations(shape.operations)


def _stated(shape: Shape) -> TypeName | None:
    """What the class says itself: ``provider_type = ProviderType.MEMORY``, or a base of Purveyor's own."""
    for name in external_names(shape.facts):
        if name.startswith("purveyor.") and name.rpartition(".")[2] in _BASES:
            return _BASES[name.rpartition(".")[2]]
    match shape.facts.attributes.get("provider_type"):
        case ast.Attribute(attr=member):
            return _MEMBERS.get(member)
        case _:
            return None


def _told_by(words: Iterable[str]) -> TypeName | None:
    return next((_WORDS[word] for word in words if word in _WORDS), None)


def _told_by_operations(operations: Iterable[str]) -> TypeName:
    """The type that most operations tell, if at least two do and no other type as many.

    One is enough for a capability: `get` alone is in every class, `transcribe` is not.
    """
    votes: Counter[TypeName] = Counter(
        _OPERATIONS[form] for name in operations for form in [_known(name)] if form is not None
    )
    ranked = votes.most_common(2)
    if not ranked:
        return "custom"
    winner, count = ranked[0]
    if len(ranked) == 2 and ranked[1][1] == count:
        return "custom"
    return winner if count >= 2 or winner == "capability" else "custom"


def _known(name: str) -> str | None:
    """The word of an operation's name that tells a type: the whole name, or its first word."""
    bare = name.removeprefix("async_").removesuffix("_async")
    for form in (bare, words_of(bare)[0], bare.removeprefix("a")):
        if form in _OPERATIONS:
            return form
    return None
