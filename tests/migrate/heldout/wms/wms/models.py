"""Lagerverwaltung: Fachobjekte."""
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Optional

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Bin(NamedTuple):
    aisle: int
    rack: int
    level: int


class DockDoor(Base):
    __tablename__ = "dock_doors"
    id = Column(Integer, primary_key=True)
    label = Column(String(10))
    is_open = Column(Boolean, default=False)

    def open(self):
        if self.is_open:
            raise ValueError("Tor ist schon offen")
        self.is_open = True

    def close(self):
        self.is_open = False


class PickOrder(Base):
    __tablename__ = "pick_orders"
    id = Column(Integer, primary_key=True)
    number = Column(String(20), unique=True)
    state = Column(String(10), default="new")
    opened_at = Column(DateTime)
    closed_at = Column(DateTime)
    lines = relationship("PickLine", back_populates="order")

    def start(self, picker):
        self.state = "picking"
        self.opened_at = datetime.utcnow()
        self.picker = picker

    def stop(self, reason=None):
        self.state = "paused"

    def close(self):
        if any(l.open_qty for l in self.lines):
            raise ValueError("offene Positionen")
        self.state = "closed"
        self.closed_at = datetime.utcnow()


class PickLine(Base):
    __tablename__ = "pick_lines"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("pick_orders.id"))
    sku = Column(String(40))
    open_qty = Column(Integer)
    order = relationship(PickOrder, back_populates="lines")
