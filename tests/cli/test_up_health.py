"""What `purveyor up` tells of providers that go down: in the log, at /readyz and in the metrics, without secrets."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Spawn
from tests.cli.test_up import fetch


@pytest.mark.usefixtures("things")
def test_one_that_stays_unhealthy_is_restarted_given_up_and_told(spawn: Spawn) -> None:
    Path("purveyor.toml").write_text("""\
[server]
port = 0
[supervision]
check_interval = "20ms"
failures = 1
backoff = "10ms"
budget = 2
[providers.sick]
driver = "things:Checked"
secret = { env = "KEY" }
fail = "check"
[providers.slow]
driver = "things:Checked"
secret = { env = "KEY" }
""")
    up = spawn("up", env={"KEY": "hunter2hunter2"})
    url = up.wait_for(r"http://127\.0\.0\.1:\d+")[0]
    up.wait_for("SIGHUP")
    up.wait_for("sick was given up after 2 restarts")
    status, body = fetch(f"{url}/readyz?provider=sick")
    assert status == 503
    (sick,) = json.loads(body)["providers"]
    assert (sick["status"], sick["health"]["state"]) == ("failed", "unhealthy")
    assert sick["health"]["message"].endswith(" is refused")
    up.wait_for("slow is degraded: ")
    status, body = fetch(f"{url}/readyz?provider=slow")
    assert status == 200
    (slow,) = json.loads(body)["providers"]
    assert (slow["status"], slow["health"]["state"]) == ("degraded", "degraded")
    metrics = fetch(f"{url}/metrics")[1]
    assert 'provider_health_status{name="sick",status="unhealthy",type="custom"} 1.0' in metrics
    assert 'provider_health_status{name="slow",status="degraded",type="custom"} 1.0' in metrics
    assert fetch(f"{url}/healthz")[0] == 200
    up.send(signal.SIGTERM)
    result = up.end()
    assert result.code == 0
    assert "hunter2" not in result.out + result.err + body + metrics + str(sick)
