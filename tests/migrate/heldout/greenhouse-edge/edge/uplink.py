import json
import threading

import paho.mqtt.client as mqtt

from edge import drivers


class Uplink:
    def __init__(self, broker='mqtt.local', port=1883, topic='gh/1'):
        self.broker = broker
        self.port = port
        self.topic = topic
        self.client = None

    def start(self):
        self.client = mqtt.Client()
        self.client.connect(self.broker, self.port)
        self.client.loop_start()

    def stop(self):
        self.client.loop_stop()
        self.client.disconnect()

    def publish(self, reading):
        self.client.publish(self.topic, json.dumps(reading.__dict__))


class Sampler(threading.Thread):
    """Reads every sensor each minute."""

    def __init__(self, sensors, uplink):
        threading.Thread.__init__(self, daemon=True)
        self.sensors = sensors
        self.uplink = uplink
        self._halt = threading.Event()

    def run(self):
        while not self._halt.wait(60):
            for s in self.sensors:
                try:
                    self.uplink.publish(s.read())
                except (IOError, drivers.DriverError):
                    drivers.LOG.exception('sensor failed')

    def stop(self):
        self._halt.set()
        self.join()


class Schedule(dict):
    def load(self, path):
        self.update(json.load(open(path)))
