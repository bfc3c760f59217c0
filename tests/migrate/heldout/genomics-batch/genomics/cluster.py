import abc
import subprocess
import six

import drmaa


@six.add_metaclass(abc.ABCMeta)
class Scheduler(object):
    @abc.abstractmethod
    def init(self):
        pass

    @abc.abstractmethod
    def dispose(self):
        pass

    @abc.abstractmethod
    def submit(self, job):
        pass


class SlurmScheduler(Scheduler):
    def init(self):
        self.ids = []

    def dispose(self):
        for i in self.ids:
            subprocess.call(['scancel', i])

    def submit(self, job):
        out = subprocess.check_output(['sbatch', '--parsable', job.script])
        self.ids.append(out.decode().strip())


class DrmaaScheduler(Scheduler):
    def init(self):
        self.session = drmaa.Session()
        self.session.initialize()

    def dispose(self):
        self.session.exit()

    def submit(self, job):
        jt = self.session.createJobTemplate()
        jt.remoteCommand = job.script
        return self.session.runJob(jt)


class LocalScheduler(Scheduler):
    def init(self): pass
    def dispose(self): pass
    def submit(self, job):
        subprocess.check_call(['bash', job.script])


class Job(object):
    state = 'new'

    def __init__(self, script):
        self.script = script

    def start(self, scheduler):
        scheduler.submit(self)
        self.state = 'running'

    def stop(self):
        self.state = 'stopped'


class JobFailed(Exception):
    pass
