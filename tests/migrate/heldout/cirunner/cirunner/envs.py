import os
import shutil
import subprocess
import tempfile
import typing as t


class EnvError(Exception):
    def __init__(self, msg, code=1):
        super().__init__(msg)
        self.code = code


class Environment:
    """Where build steps run. ``setup`` -> many ``run`` -> ``teardown``."""

    variables: t.Dict[str, str]

    def __init__(self, workdir, variables=None):
        self.workdir = workdir
        self.variables = variables or {}

    def setup(self):
        pass

    def run(self, argv) -> int:
        raise NotImplementedError

    def teardown(self):
        pass


class HostEnvironment(Environment):
    def run(self, argv):
        return subprocess.call(argv, cwd=self.workdir, env={**os.environ, **self.variables})


class VenvEnvironment(HostEnvironment):
    def setup(self):
        super().setup()
        self.home = tempfile.mkdtemp()
        subprocess.check_call(["python3", "-m", "venv", self.home])
        self.variables["PATH"] = self.home + "/bin:" + os.environ["PATH"]

    def teardown(self):
        shutil.rmtree(self.home)
        super().teardown()


class DockerEnvironment(Environment):
    image = "python:3.11-slim"

    def setup(self):
        out = subprocess.run(["docker", "run", "-d", "-v", f"{self.workdir}:/w", self.image, "sleep", "inf"],
                             capture_output=True, text=True)
        if out.returncode:
            raise EnvError(out.stderr, out.returncode)
        self.cid = out.stdout.strip()

    def run(self, argv):
        return subprocess.call(["docker", "exec", "-w", "/w", self.cid, *argv])

    def teardown(self):
        subprocess.call(["docker", "rm", "-f", self.cid])


class VagrantEnvironment(Environment):
    def setup(self):
        subprocess.check_call(["vagrant", "up"], cwd=self.workdir)

    def run(self, argv):
        return subprocess.call(["vagrant", "ssh", "-c", " ".join(argv)], cwd=self.workdir)

    def teardown(self):
        subprocess.call(["vagrant", "destroy", "-f"], cwd=self.workdir)


class pushd:
    def __init__(self, d):
        self.d = d

    def __enter__(self):
        self.old = os.getcwd()
        os.chdir(self.d)

    def __exit__(self, *a):
        os.chdir(self.old)
