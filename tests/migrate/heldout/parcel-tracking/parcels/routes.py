from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from .carrier_api import Bullet, CarrierClient, NordPost, TrackingEvent

router = APIRouter()


class TrackResponse(BaseModel):
    number: str
    events: list[TrackingEvent]


class Pagination:
    def __init__(self, offset: int = 0, limit: int = 50):
        self.offset = offset
        self.limit = min(limit, 200)


CARRIERS: dict[str, type[CarrierClient]] = {c.slug: c for c in (NordPost, Bullet)}


@router.get("/{carrier}/{number}")
async def track(carrier: str, number: str, page: Pagination = Depends()) -> TrackResponse:
    if carrier not in CARRIERS:
        raise HTTPException(404)
    client = CARRIERS[carrier](settings=None)
    await client.open()
    try:
        events = await client.track(number)
    finally:
        await client.aclose()
    return TrackResponse(number=number, events=events[page.offset : page.offset + page.limit])
