import multiprocessing
import subprocess


class Child(multiprocessing.Process):
    def __init__(self, config=None):
        super().__init__()
        self.config = config

    def run(self):
        return None

    def stop(self):
        self.terminate()

    def shutdown(self):
        self.join()


class Command(subprocess.Popen):
    def close(self):
        self.kill()
