"""Alerts and dashboard ask for what the service tells, each alert has its page of what to do, and the rules fire when they should."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from prometheus_client import REGISTRY

from app.main import ROUTERS
from app.settings import PROJECT_ROOT

PROMETHEUS = PROJECT_ROOT / "deploy/prometheus"
DASHBOARD = PROJECT_ROOT / "deploy/grafana/ocop-live.json"
_NAME = re.compile(r"\bocop_[a-z0-9_]+\b")


def told() -> set[str]:
    """Names that `/metrics` has, as Prometheus sees them."""
    assert ROUTERS  # the whole service is imported, so its counters are there
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {metric.name + suffix for metric in REGISTRY.collect() if metric.name.startswith("ocop_") for suffix in suffixes[metric.type]}


def alerts() -> dict[str, str]:
    rules = (PROMETHEUS / "alerts.yml").read_text(encoding="utf-8")
    return dict(re.findall(r"- alert: (\w+)\n +expr: (.+)", rules))


def test_alerts_and_dashboard_ask_for_what_the_service_tells() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = [*alerts().values(), *(target["expr"] for panel in panels for target in panel["targets"])]

    wanted = {name for expression in asked for name in _NAME.findall(expression)}

    assert len(wanted) > 15
    assert wanted - told() == set()


def test_whoever_is_woken_finds_what_to_do() -> None:
    runbooks = (PROJECT_ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### .*`(\w+)`", runbooks, re.MULTILINE))

    assert set(alerts()) - headings == set()
    assert {name for name in headings if name.startswith("Ocop")} - set(alerts()) == set()


@pytest.mark.deploy
def test_alerts_fire_when_they_should_and_only_then() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts_test.yml"],  # noqa: S607 - Debian's
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.deploy
def test_prometheus_takes_the_configuration() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"],  # noqa: S607 - Debian's
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout + done.stderr
