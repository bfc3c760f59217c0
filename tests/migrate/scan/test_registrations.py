"""How it is seen that a class is registered, or to be built by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.scan.samples import classify_text

CLASS = """
class Mail:
    def start(self): self.box = []
    def stop(self): self.box = None
    def post(self, text): self.box.append(text)
"""


@pytest.mark.parametrize(
    "elsewhere",
    [
        "from mail import Mail\nregister('mail', Mail)\n",
        "from mail import Mail\nhub.register(name='mail', kind=Mail)\n",
        "import mail\nhub._register_class('mail', mail.Mail)\n",
        "import mail\nHub.register_provider('mail', mail.Mail)\n",
        "import mail\nServiceRegistry.register(mail.Mail)\n",
        "import mail\nregistry().register(mail.Mail)\n",
        "from mail import Mail\nadd_provider(Mail)\n",
        "from mail import Mail\nKINDS = {'mail': Mail}\n",
        "from mail import Mail\nKINDS = {Kind.MAIL: Mail, **more}\n",
        "register('mail', 'mail.Mail')\n",
        "register('mail', 'package.mail:Mail')\n",
        "LAZY = {'mail': 'mail:Mail'}\n",
    ],
)
def test_it_is_registered(elsewhere: str, tmp_path: Path) -> None:
    mail = classify_text(tmp_path, {"mail.py": CLASS, "hub.py": elsewhere})["Mail"]
    assert (mail.kind, mail.evidence) == ("provider", "start/stop; registered")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "from mail import Mail\nprint(Mail)\n",
        "from mail import Mail\nSender.register(Mail)\n",
        "from mail import Mail\nimport atexit\natexit.register(lambda: Mail)\n",
        "from mail import Mail\n@show.register(Mail)\ndef _(mail): ...\n",
        "from mail import Mail\n@show.register(Mail)\nasync def _(mail): ...\n",
        "from other import Mail\nregister('mail', Mail)\n",
        "from mail import Mail\ndef register(kind: Mail): ...\n",
        "from mail import Mail\nKINDS = {Mail: 'mail', name: Mail}\n",
        "register('mail', 'other.Mail')\n",
        "register('x', 1)  # Mail\n",
        "register(Mail\n",
    ],
)
def test_it_is_not(elsewhere: str, tmp_path: Path) -> None:
    files = {"mail.py": CLASS, "other.py": "class Mail: ...\n", "hub.py": elsewhere}
    told = classify_text(tmp_path, files)["Mail"]
    assert told.facts.file.path in ("mail.py", "other.py")
    assert told.kind == "data"


def test_by_a_decorator(tmp_path: Path) -> None:
    told = classify_text(tmp_path, {"mail.py": CLASS.replace("class", "@register_provider\nclass")})["Mail"]
    assert told.kind == "provider"
