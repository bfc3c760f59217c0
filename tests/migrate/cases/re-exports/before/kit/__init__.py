from .inner import Device as Appliance

__all__ = ["Appliance"]
