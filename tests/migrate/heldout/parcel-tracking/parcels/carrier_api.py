"""Thin clients for the carriers' tracking APIs."""
from __future__ import annotations

import abc
import logging
from typing import Any, Optional

import httpx
from pydantic import BaseModel, Field

log = logging.getLogger(__name__)


class TrackingEvent(BaseModel):
    code: str
    at: str
    place: Optional[str] = None

    @classmethod
    def load(cls, raw: dict[str, Any]) -> "TrackingEvent":
        return cls(code=raw["c"], at=raw["t"], place=raw.get("p"))


class CarrierSettings(BaseModel):
    base_url: str
    api_key: str = Field(repr=False)
    timeout: float = 10.0


class CarrierError(Exception):
    def __init__(self, carrier: str, status: int) -> None:
        super().__init__(f"{carrier} answered {status}")
        self.carrier = carrier
        self.status = status


class CarrierClient(abc.ABC):
    """One carrier. Call `open` first; `aclose` gives the connections back."""

    slug = ""

    def __init__(self, settings: CarrierSettings) -> None:
        self.settings = settings
        self._http: httpx.AsyncClient | None = None

    async def open(self) -> None:
        self._http = httpx.AsyncClient(base_url=self.settings.base_url, timeout=self.settings.timeout)

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    @abc.abstractmethod
    async def track(self, number: str) -> list[TrackingEvent]: ...


class NordPost(CarrierClient):
    slug = "nordpost"

    async def track(self, number: str) -> list[TrackingEvent]:
        answer = await self._http.get(f"/v2/{number}")
        if answer.status_code != 200:
            raise CarrierError(self.slug, answer.status_code)
        return [TrackingEvent.load(e) for e in answer.json()["events"]]


class Bullet(CarrierClient):
    slug = "bullet"

    def __init__(self, settings: CarrierSettings) -> None:
        super().__init__(settings)
        self._token: str | None = None

    async def open(self) -> None:
        await super().open()
        reply = await self._http.post("/oauth", data={"key": self.settings.api_key})
        self._token = reply.json()["access_token"]

    async def track(self, number: str) -> list[TrackingEvent]:
        reply = await self._http.get("/t", params={"n": number}, headers={"Authorization": f"Bearer {self._token}"})
        return [TrackingEvent(code=e["kind"], at=e["ts"]) for e in reply.json()]
