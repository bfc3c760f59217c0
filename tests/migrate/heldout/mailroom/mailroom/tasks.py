from celery import Celery, Task

from mailroom.transports import _TRANSPORTS, MessageBuilder, TemporaryMailError

app = Celery("mailroom")


class MailTask(Task):
    abstract = True
    _transport = None

    @property
    def transport(self):
        if self._transport is None:
            self._transport = _TRANSPORTS["smtp"]("localhost")
        return self._transport


@app.task(base=MailTask, bind=True, autoretry_for=(TemporaryMailError,))
def send(self, to, subject, text):
    m = MessageBuilder().start(subject).body(text).finish()
    m["To"] = to
    with self.transport as t:
        t.send(m)
