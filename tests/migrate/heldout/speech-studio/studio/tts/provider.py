from typing import Any, Dict, Optional

from studio.core.base import BaseProvider as Provider


class TTSProvider(Provider):
    def connect(self):
        raise NotImplementedError

    def disconnect(self):
        raise NotImplementedError

    def speak(self, text: str) -> bytes:
        raise NotImplementedError
