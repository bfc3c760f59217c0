class Camera:
    def __init__(self, config):
        self.device = config["device"]
        self.handle = None

    def start(self):
        self.handle = f"cam:{self.device}"

    def stop(self):
        self.handle = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def frame(self):
        return self.handle


class Frames:
    def __init__(self, camera):
        self.camera = camera
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        if self.closed:
            raise StopIteration
        return self.camera.frame()

    def close(self):
        self.closed = True


class FrameStream:
    def __init__(self, frames):
        self.frames = frames

    def __aiter__(self):
        return self

    async def __anext__(self):
        return next(self.frames)

    async def aclose(self):
        self.frames.close()
