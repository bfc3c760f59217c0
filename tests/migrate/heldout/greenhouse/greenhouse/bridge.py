import enum
from typing import TypedDict

import aiomqtt


class Topic(str, enum.Enum):
    AIR = "air"
    SOIL = "soil"


class Reading(TypedDict):
    topic: str
    value: float


class MqttBridge:
    def __init__(self, broker, options=None):
        self.broker = broker
        self.options = options or {}
        self.client = None

    async def async_connect(self):
        self.client = aiomqtt.Client(self.broker, **self.options)
        await self.client.__aenter__()

    async def async_disconnect(self):
        await self.client.__aexit__(None, None, None)
        self.client = None

    async def publish(self, topic, value):
        await self.client.publish(topic, value)
