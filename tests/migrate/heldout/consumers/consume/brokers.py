import aiokafka
import boto3

from .base import Ack, Consumer


class Kafka(Consumer):
    topic = "orders"

    def __init__(self, config):
        self.config = config

    async def start(self):
        self.consumer = aiokafka.AIOKafkaConsumer(self.topic, **self.config)
        await self.consumer.start()

    async def stop(self):
        await self.consumer.stop()

    async def handle(self, message):
        return Ack.DONE


class Sqs(Consumer):
    topic = "orders-queue"

    def __init__(self, region="eu-west-1"):
        self.region = region

    async def start(self):
        self.client = boto3.client("sqs", region_name=self.region)

    async def stop(self):
        self.client.close()

    async def handle(self, message):
        return Ack.AGAIN if message.tries else Ack.DONE


class DeadLetters(Kafka):
    topic = "dead"
