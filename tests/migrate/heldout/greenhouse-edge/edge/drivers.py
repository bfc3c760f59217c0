# -*- coding: utf-8 -*-
import logging
import time

try:
    import smbus
    HAVE_BUS = True
except ImportError:
    HAVE_BUS = False

LOG = logging.getLogger('edge')


class DriverError(Exception):
    '''Something on the bus is not as it should be'''


class Reading(object):
    def __init__(self, value, unit):
        self.value = value
        self.unit = unit
        self.at = time.time()

    def __repr__(self):
        return '<Reading %s%s>' % (self.value, self.unit)


class Driver(object):
    address = None

    def __init__(self, bus_no=1):
        self.bus_no = bus_no
        self.bus = None

    def setup(self):
        self.bus = smbus.SMBus(self.bus_no)

    def teardown(self):
        self.bus.close()
        self.bus = None

    def read(self):
        raise NotImplementedError()


class SHT31(Driver):
    address = 0x44

    def read(self):
        self.bus.write_i2c_block_data(self.address, 0x2C, [0x06])
        time.sleep(.5)
        d = self.bus.read_i2c_block_data(self.address, 0x00, 6)
        return Reading(-45 + 175 * (d[0] * 256 + d[1]) / 65535.0, 'C')


class BH1750(Driver):
    address = 0x23

    def setup(self):
        Driver.setup(self)
        self.bus.write_byte(self.address, 0x01)

    def read(self):
        d = self.bus.read_i2c_block_data(self.address, 0x20, 2)
        return Reading((d[0] << 8 | d[1]) / 1.2, 'lx')


class Pump(object):
    '''Relay on a GPIO pin.'''

    def __init__(self, pin):
        self.pin = pin
        self.gpio = None

    def init(self):
        import RPi.GPIO as GPIO
        self.gpio = GPIO
        GPIO.setup(self.pin, GPIO.OUT)

    def cleanup(self):
        self.gpio.output(self.pin, False)
        self.gpio.cleanup(self.pin)

    def run_for(self, seconds):
        self.gpio.output(self.pin, True)
        time.sleep(seconds)
        self.gpio.output(self.pin, False)
