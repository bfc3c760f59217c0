"""Times of legacy stores: zones, hours that the clock shows twice, and how they are spelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purveyor.migrate.data.times import Clockwork, zone_of

BERLIN = zone_of("Europe/Berlin")
#: When the clocks of Berlin went back in 2024: 3 o'clock became 2 o'clock, at 01:00 UTC.
BACK = datetime(2024, 10, 27, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "zone", "seconds"),
    [
        ("2024-07-01T12:00:00", "UTC", datetime(2024, 7, 1, 12, tzinfo=UTC).timestamp()),
        ("2024-07-01T12:00:00", "Europe/Berlin", datetime(2024, 7, 1, 10, tzinfo=UTC).timestamp()),
        ("2024-01-01 12:00:00", "Europe/Berlin", datetime(2024, 1, 1, 11, tzinfo=UTC).timestamp()),
        ("2024-07-01T12:00:00Z", "Europe/Berlin", datetime(2024, 7, 1, 12, tzinfo=UTC).timestamp()),
        ("2024-07-01T12:00:00+05:30", "UTC", datetime(2024, 7, 1, 6, 30, tzinfo=UTC).timestamp()),
        (1719835200, "UTC", 1719835200.0),
        (1719835200.25, "UTC", 1719835200.25),
    ],
)
def test_a_time_is_read_in_its_zone(text: Any, zone: str, seconds: float) -> None:
    assert Clockwork(zone_of(zone)).read(text) == seconds


def test_the_zone_of_this_machine_is_taken_where_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        for name in (None, "local"):
            clockwork = Clockwork(zone_of(name))
            seconds = clockwork.read("2024-07-01T08:00:00")
            assert seconds == datetime(2024, 7, 1, 12, tzinfo=UTC).timestamp()
            assert clockwork.write(seconds, "2024-01-01T00:00:00") == "2024-07-01T08:00:00"
            assert clockwork.notes == ["1 times say no zone, and were read in this machine's zone"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_of_an_hour_that_is_there_twice_the_first_is_taken_and_nothing_expires_early() -> None:
    clockwork = Clockwork(BERLIN)
    assert clockwork.read("2024-10-27T02:30:00") == BACK - 1800
    assert clockwork.read("2024-10-27T02:30:00", late=True) == BACK + 1800
    assert clockwork.read("2024-10-27T04:30:00") == BACK + 2.5 * 3600
    assert clockwork.read("2024-03-31T02:30:00") < clockwork.read("2024-03-31T02:30:00", late=True)  # never was
    assert (clockwork.naive, clockwork.ambiguous) == (5, 4)
    assert clockwork.notes[1].startswith("4 of them fall into an hour that the clock shows twice or skips")


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_the_first_and_the_last_moment_are_beyond_this_machine(moment: datetime) -> None:
    with pytest.raises(ValueError, match="lies beyond all calendars"):
        Clockwork(None).read(moment)


def test_an_unknown_zone_is_told() -> None:
    for name in ("Europe/Atlantis", "../../etc/passwd", ""):
        with pytest.raises(ValueError, match="is no time zone"):
            zone_of(name)


@pytest.mark.parametrize(
    "wrong", [True, None, [], float("nan"), float("inf"), 10**12, 10**400, "2024", "2024-13-01", datetime.max]
)
def test_what_is_no_time_is_told(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is no time|beyond"):
        Clockwork(zone_of("America/New_York")).read(wrong)


@pytest.mark.parametrize(
    ("like", "written"),
    [
        ("2020-01-01T00:00:00", "2024-07-01T14:00:00.500000"),
        ("2020-01-01 00:00:00", "2024-07-01 14:00:00.500000"),
        ("2020-01-01T00:00:00Z", "2024-07-01T12:00:00.500000Z"),
        ("2020-01-01T00:00:00+00:00", "2024-07-01T12:00:00.500000+00:00"),
        ("2020-01-01T00:00:00-03:00", "2024-07-01T09:00:00.500000-03:00"),
        ("20200101T000000", "2024-07-01T14:00:00.500000"),  # the next one is spelled in the longer way
        ("2020-01-01", "2024-07-01T14:00:00.500000"),
        ("odd", "2024-07-01T14:00:00.500000"),
        (None, "2024-07-01T14:00:00.500000"),
        (1, 1719835200.5),
        (1.5, 1719835200.5),
        (datetime(2020, 1, 1), datetime(2024, 7, 1, 14, 0, 0, 500000)),
        (datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, 12, 0, 0, 500000, UTC)),
    ],
    ids=repr,
)
def test_a_new_time_is_spelled_as_the_others(like: Any, written: Any) -> None:
    assert Clockwork(BERLIN).write(1719835200.5, like) == written
    assert isinstance(Clockwork(BERLIN).write(1719835200, 5), int)


@pytest.mark.parametrize("seconds", [1e12, -1e18, 1e305, 253402300799.0])
def test_a_time_that_no_calendar_has_is_not_spelled(seconds: float) -> None:
    with pytest.raises(ValueError, match="lies beyond all calendars"):
        Clockwork(zone_of("Asia/Tokyo")).write(seconds, None)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)),
    st.sampled_from([None, UTC, timezone(timedelta(hours=-5))]),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
)
def test_what_is_written_reads_the_same(moment: datetime, offset: timezone | None, zone: str) -> None:
    clockwork = Clockwork(zone_of(zone))
    text = moment.replace(tzinfo=offset).isoformat()
    seconds = clockwork.read(text)
    if not clockwork.ambiguous:
        assert clockwork.read(clockwork.write(seconds, text)) == pytest.approx(seconds, abs=1e-6)
