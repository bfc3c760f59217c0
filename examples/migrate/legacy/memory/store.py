import json
import os
from datetime import datetime
from typing import Any, Dict


class LocalStore:
    """Keeps values in a file, entries.json."""

    def __init__(self, config: Dict[str, Any]):
        self._file = os.path.join(config["path"], "entries.json")
        self._limit = config.get("limit", 1000)
        self._entries: Dict[str, Any] = {}

    async def initialize(self) -> None:
        os.makedirs(os.path.dirname(self._file), exist_ok=True)
        if os.path.exists(self._file):
            with open(self._file) as file:
                self._entries = json.load(file)

    async def cleanup(self) -> None:
        with open(self._file, "w") as file:
            json.dump(self._entries, file, indent=2)

    async def set(self, key: str, value: Any) -> None:
        if len(self._entries) >= self._limit:
            raise ValueError("the store is full")
        now = datetime.now().isoformat()
        self._entries[key] = {
            "value": value,
            "created_at": now,
            "updated_at": now,
            "expires_at": None,
            "metadata": {},
        }

    async def get(self, key: str) -> Any:
        entry = self._entries.get(key)
        return entry["value"] if entry else None
