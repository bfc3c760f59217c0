from .deep import Device
