import time
import uuid
from collections import deque
from enum import IntEnum, auto


class CallState(IntEnum):
    RINGING = auto()
    UP = auto()
    HOLD = auto()
    DOWN = auto()


class Call:
    def __init__(self, caller, callee):
        self.id = uuid.uuid4().hex
        self.caller = caller
        self.callee = callee
        self.state = CallState.RINGING
        self.started = self.ended = None

    def start(self):
        self.state = CallState.UP
        self.started = time.time()

    def stop(self):
        self.state = CallState.DOWN
        self.ended = time.time()

    @property
    def duration(self):
        return (self.ended or time.time()) - self.started if self.started else 0


class CallQueue:
    """ACD queue. Supervisors open it in the morning and close it at night."""

    def __init__(self, name, maxlen=50):
        self.name = name
        self.accepting = False
        self.waiting = deque(maxlen=maxlen)

    def open(self):
        self.accepting = True

    def close(self):
        self.accepting = False
        self.waiting.clear()

    def enqueue(self, call):
        if not self.accepting:
            call.stop()
            return False
        self.waiting.append(call)
        return True


class Agent(object):
    def __init__(self, ext):
        self.ext = ext
        self.busy = False
        self.call = None

    def take(self, call):
        self.call, self.busy = call, True
        call.start()

    def hangup(self):
        self.call.stop()
        self.call, self.busy = None, False
