from __future__ import annotations

import concurrent.futures as cf
import shlex
import subprocess
import typing

if typing.TYPE_CHECKING:
    from .jobs import Job


class ExecutorNotStarted(RuntimeError):
    ...


class JobExecutor:
    """Where jobs run."""

    def start(self):
        """Allocate whatever is needed."""
        raise NotImplementedError

    def shutdown(self, wait: bool = True):
        raise NotImplementedError

    def submit(self, job: "Job") -> str:
        raise NotImplementedError

    def poll(self, handle: str) -> bool:
        raise NotImplementedError


class LocalExecutor(JobExecutor):
    def __init__(self, workers=4):
        self.workers = workers
        self._pool = None
        self._futures = {}

    def start(self):
        self._pool = cf.ThreadPoolExecutor(self.workers)

    def shutdown(self, wait=True):
        if self._pool:
            self._pool.shutdown(wait=wait)

    def submit(self, job):
        if self._pool is None:
            raise ExecutorNotStarted
        self._futures[job.id] = self._pool.submit(subprocess.run, shlex.split(job.command))
        return job.id

    def poll(self, handle):
        return self._futures[handle].done()


class SshExecutor(JobExecutor):
    def __init__(self, host, user, key_file):
        self.host, self.user, self.key_file = host, user, key_file

    def start(self):
        import paramiko
        self.client = paramiko.SSHClient()
        self.client.connect(self.host, username=self.user, key_filename=self.key_file)

    def shutdown(self, wait=True):
        self.client.close()

    def submit(self, job):
        _, out, _ = self.client.exec_command("nohup %s & echo $!" % job.command)
        return out.read().decode().strip()

    def poll(self, handle):
        _, out, _ = self.client.exec_command("kill -0 " + handle)
        return out.channel.recv_exit_status() != 0


class K8sExecutor(JobExecutor):
    def __init__(self, namespace="jobs"):
        self.ns = namespace

    def start(self):
        from kubernetes import client, config
        config.load_incluster_config()
        self.api_client = client.ApiClient()
        self.batch = client.BatchV1Api(self.api_client)

    def shutdown(self, wait=True):
        self.api_client.close()

    def submit(self, job):
        self.batch.create_namespaced_job(self.ns, job.manifest())
        return job.id

    def poll(self, handle):
        return bool(self.batch.read_namespaced_job(handle, self.ns).status.succeeded)
