"""The legacy local memory: one file, ``{key: {value, created_at, updated_at, expires_at, metadata}}``."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from purveyor.errors import MoveProblem, MoveRefusedError
from purveyor.migrate.data.envelope import Envelopes, RefusedError
from purveyor.migrate.data.jsontext import Layout, Member, NotExactError, members, parse
from purveyor.migrate.data.records import Entry, Source, digest_of
from purveyor.migrate.data.times import Clockwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from purveyor.migrate.data.records import Record
    from purveyor.migrate.data.snapshot import Snapshot

__all__ = ["EntriesFile"]

BOM = b"\xef\xbb\xbf"
_FIELDS = ("value", "created_at", "updated_at", "expires_at", "metadata")
_SAMPLES = 5


class EntriesFile(Source):
    """An ``entries.json``. The text lies in memory, and beside it one entry at a time.

    Args:
        snapshot: The file.
        zone: Where times without an offset were written; None for the zone of this machine.
    """

    format = "entries"

    def __init__(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        super().__init__(snapshot.name)
        self._snapshot = snapshot
        self._clockwork = Clockwork(zone)
        node = snapshot.nodes[""]
        self._modified = node.modified / 1e9
        self._envelopes = Envelopes(self._clockwork, _FIELDS)
        self._members: list[Member] = []
        self._last: dict[str, Member] = {}  # of each key the member that is read
        self._of_problem: dict[MoveProblem, Member] = {}
        self._bom = BOM if node.data.startswith(BOM) else b""
        self._text = ""
        try:
            self._text = node.data[len(self._bom) :].decode()
        except UnicodeDecodeError as error:
            problem = f"is not UTF-8: {error.reason}"
            advice = "restore it, or convert it (iconv -f CODEC -t UTF-8)"
            self.problems.append(MoveProblem(problem, advice, file=self.name, offset=len(self._bom) + error.start))
            return
        self._read()
        self.notes += ["the file begins with a byte order mark"] if self._bom else []
        self.notes += self._clockwork.notes
        if self._envelopes.untimed:
            self.notes.append(
                f"{self._envelopes.untimed} entries have no created_at, and got the time of the file"
            )

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return self._snapshot.sha256

    @property
    def snapshot(self) -> Snapshot:
        """The file."""
        return self._snapshot

    def record(self, entry: Entry) -> Record:
        """What an entry says."""
        member = self._last[entry.key]
        return self._envelopes.read(parse(self._text, member.value)[0], entry.key, self._modified)

    def raw(self, problem: MoveProblem) -> object:
        """The text of a member; of a file that is no text, its bytes."""
        if problem not in self._of_problem:
            return {"base64": b64encode(self._snapshot.data).decode()}
        member = self._of_problem[problem]
        return {"text": self._text[member.start : member.end]}

    def rewrite(self, changed: Mapping[str, Record], deleted: Sequence[str], added: Sequence[Record]) -> Snapshot:
        """The file with these changes; a broken rest of it gives way to the end of an object.

        Raises:
            MoveRefusedError: An envelope has no place for what a record says.
        """
        if not (changed or deleted or added):
            return self._snapshot
        layout = self._layout()
        envelopes: dict[str, dict[str, Any]] = {}
        problems: list[MoveProblem] = []
        for record in (*changed.values(), *added):
            try:
                envelopes[record.key] = self._envelope(record)
            except RefusedError as refused:
                problems.append(MoveProblem(refused.problem, refused.advice, record.key))
        if problems:
            raise MoveRefusedError(self.name, problems)
        gone = set(deleted)
        pieces: list[str] = []
        end = None  # of the member before, whether it stays or not
        for member in self._members:
            if member.key is None or member.key in gone:
                end = member.end
                continue
            text = self._text[member.start : member.end]
            if member.key in changed and member is self._last[member.key]:
                text = self._text[member.start : member.value] + layout.dump(envelopes[member.key], margin=True)
            pieces.append((self._text[end : member.start] if pieces else "") + text)
            end = member.end
        for record in added:
            text = layout.dump(record.key, margin=True) + layout.colon
            text += layout.dump(envelopes[record.key], margin=True)
            pieces.append((layout.comma if pieces else "") + text)
        head, tail = self._frame(layout, filled=bool(pieces))
        text = head + "".join(pieces) + tail
        return self._snapshot.with_files({"": self._bom + text.encode()})

    def _read(self) -> None:
        place, line, offset = 0, 1, len(self._bom)
        placed: list[tuple[Member, int, int]] = []
        try:
            for member in members(self._text):
                line += self._text.count("\n", place, member.start)
                between = self._text[place : member.start]
                offset += len(between) if between.isascii() else len(between.encode())
                place = member.start
                placed.append((member, line, offset))
                self._members.append(member)
                if member.key is not None:
                    self._last[member.key] = member
        except NotExactError as error:
            whole = Member(
                None, 0, 0, len(self._text), f"{error}" if self._text.strip() else "is cut short: empty"
            )
            placed.append((whole, 1, offset))
            self._members.append(whole)
        for member, line, offset in placed:
            self._take(member, line, offset)

    def _take(self, member: Member, line: int, offset: int) -> None:
        try:
            if member.problem is not None:
                raise RefusedError(member.problem, "mend the file, or restore a copy")
            assert member.key is not None  # what has no key has a problem
            if self._last[member.key] is not member:
                raise RefusedError(
                    "stands in the file again, and only the last one was ever read", "take one of them out"
                )
            record = self._envelopes.read(parse(self._text, member.value)[0], member.key, self._modified)
        except RefusedError as refused:
            problem = MoveProblem(refused.problem, refused.advice, member.key, self.name, line, offset)
            self.problems.append(problem)
            self._of_problem[problem] = member
            return
        self.entries.append(Entry(record.key, digest_of(record), record.expires, self.name, line, offset))

    def _envelope(self, record: Record) -> dict[str, Any]:
        """The envelope of a record; that of a member that could not be read is made anew."""
        member = self._last.get(record.key)
        if member is None:
            return self._envelopes.write(record, None, None)
        try:
            body = parse(self._text, member.value)[0]
            before = self._envelopes.read(body, member.key, self._modified)
        except (RefusedError, ValueError, RecursionError):
            body = before = None
        return self._envelopes.write(record, body, before)

    def _layout(self) -> Layout:
        samples: list[tuple[Any, str]] = []
        for entry in self.entries[:_SAMPLES]:
            member = self._last[entry.key]
            samples.append((parse(self._text, member.value)[0], self._text[member.value : member.end]))
        return Layout.of(samples, margin=True)

    def _frame(self, layout: Layout, *, filled: bool) -> tuple[str, str]:
        """What stands before the first member and behind the last one."""
        newline = layout.newline if layout.indent is not None else ""
        head, tail = f"{{{newline}{layout.step}", f"{newline}}}"
        whole = not self._members or self._members[-1].key is not None
        if self._members and self._members[0].key is not None:
            head = self._text[: self._members[0].start]
        if whole and self._members:
            tail = self._text[self._members[-1].end :]
        elif whole:
            tail += self._text[self._text.rindex("}") + 1 :]
        return (head, tail) if filled else (head[: head.index("{") + 1], tail.lstrip())
