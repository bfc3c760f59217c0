import os
import shlex
import shutil
import subprocess
import tempfile
import docker
import kubernetes
from typing import Protocol


class JobSpec:
    def __init__(self, image, script):
        self.image = image
        self.script = script


class ExecutorFailure(Exception):
    def __init__(self, code):
        self.code = code


class LogSink(Protocol):
    def write(self, line: str) -> None: ...

    def close(self) -> None: ...


class Executor:
    name = NotImplemented

    def __init__(self, spec: JobSpec, log: LogSink):
        self.spec = spec
        self.log = log

    def __enter__(self):
        self.prepare()
        return self

    def __exit__(self, *exc):
        self.release()
        return False

    def prepare(self):
        pass

    def release(self):
        pass

    def run(self):
        raise NotImplementedError


class ShellExecutor(Executor):
    name = "shell"

    def prepare(self):
        self.cwd = tempfile.mkdtemp()

    def release(self):
        shutil.rmtree(self.cwd)

    def run(self):
        r = subprocess.run(["bash", "-e"], input=self.spec.script, cwd=self.cwd, text=True, capture_output=True)
        self.log.write(r.stdout)
        if r.returncode:
            raise ExecutorFailure(r.returncode)


class DockerExecutor(Executor):
    name = "docker"

    def prepare(self):
        self.docker = docker.from_env()
        self.box = self.docker.containers.create(self.spec.image, ["sleep", "inf"])
        self.box.start()

    def release(self):
        self.box.remove(force=True)
        self.docker.close()

    def run(self):
        code, out = self.box.exec_run(["sh", "-c", self.spec.script])
        self.log.write(out.decode())
        if code:
            raise ExecutorFailure(code)


class KubeExecutor(Executor):
    name = "kubernetes"

    def prepare(self):
        kubernetes.config.load_incluster_config()
        self.api = kubernetes.client.CoreV1Api()

    def run(self):
        self.api.create_namespaced_pod("ci", {"image": self.spec.image})


class temp_env:
    """with temp_env(CI="1"): ..."""

    def __init__(self, **kw):
        self.kw = kw

    def __enter__(self):
        self.old = {k: os.environ.get(k) for k in self.kw}
        os.environ.update(self.kw)

    def __exit__(self, *exc):
        for k, v in self.old.items():
            os.environ.pop(k) if v is None else os.environ.__setitem__(k, v)


class FileLog:
    """A file that says its lines on the terminal, too."""

    def __init__(self, path):
        self._f = open(path, "a")

    def write(self, line):
        print(line)
        self._f.write(line)

    def close(self):
        self._f.close()
