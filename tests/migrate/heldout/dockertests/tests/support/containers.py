"""Throw-away services for the integration tests."""
import socket
import time
import uuid
from contextlib import closing

import docker


class ContainerFailed(AssertionError):
    pass


class ServiceContainer:
    image = None
    port = None
    env = {}

    def __init__(self, tag="latest"):
        self.tag = tag
        self.name = "it-" + uuid.uuid4().hex[:8]
        self._c = None

    def start(self):
        self._c = docker.from_env().containers.run(
            f"{self.image}:{self.tag}", name=self.name, environment=self.env,
            publish_all_ports=True, detach=True)
        for _ in range(100):
            if self.ready():
                return self
            time.sleep(0.1)
        raise ContainerFailed(self._c.logs())

    def stop(self):
        if self._c:
            self._c.remove(force=True)
            self._c = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    @property
    def host_port(self):
        self._c.reload()
        return int(self._c.ports[f"{self.port}/tcp"][0]["HostPort"])

    def ready(self):
        with closing(socket.socket()) as s:
            return s.connect_ex(("127.0.0.1", self.host_port)) == 0


class Postgres(ServiceContainer):
    image = "postgres"
    port = 5432
    env = {"POSTGRES_PASSWORD": "x"}

    @property
    def dsn(self):
        return f"postgresql://postgres:x@127.0.0.1:{self.host_port}/postgres"


class Rabbit(ServiceContainer):
    image = "rabbitmq"
    port = 5672
