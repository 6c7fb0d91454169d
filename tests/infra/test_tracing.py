"""What is traced, where no collector is named, and what a collector that is away may cost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from uuid import uuid4

import pytest

from app.errors import Conflict
from app.infra import tracing
from app.infra.clock import monotonic
from app.infra.database import Database
from app.infra.job_runner import JobRunner, RunningJob
from app.infra.jobs import JobQueue, NewJob
from app.infra.request_trace import PER_ROUND
from app.infra.startup import StartupError
from app.live import polling_routes
from app.settings import PROJECT_ROOT, Settings, child_environment, load_settings
from tests.collectors import Behaviour, Collector, a_collector, has
from tests.orders.builders import a_market

WITHOUT_PACKAGES = (
    "import sys; sys.modules['opentelemetry.exporter'] = None; sys.argv = ['ocop', {command!r}]; from app.cli import main; main()"
)


def sending_to(collector: Collector) -> Settings:
    return load_settings(otlp_endpoint=collector.address)


def run_python(program: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=child_environment(environment), cwd=PROJECT_ROOT
    )


def test_where_no_collector_is_named_nothing_that_makes_or_sends_spans_is_loaded() -> None:
    """FastAPI itself loads the API's names, redis-py the SDK's of metrics where it is installed."""
    makers = ("app.infra.spans", "opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto", "requests")
    program = f"import sys, app.cli, app.main, app.heavy_wiring; print([name for name in sys.modules if name.startswith({makers!r})])"

    assert run_python(program).stdout == "[]\n"


async def test_where_no_collector_is_named_no_span_is_made() -> None:
    async with tracing.tracing(load_settings(otlp_endpoint="", otlp_traces_endpoint=""), "worker"):
        with tracing.root("request") as outer, tracing.span("inner") as inner:
            assert (outer, inner, tracing.here()) == (tracing.NO_SPAN, tracing.NO_SPAN, None)


@pytest.mark.parametrize("command", ["run", "worker", "jobs", "order-writer"])
def test_a_collector_without_the_packages_is_one_line_that_says_what_to_install(command: str) -> None:
    needed = {"DATABASE_URL": "postgresql://nowhere/x", "REDIS_URL": "redis://nowhere/0", "OCOP_SECRET_KEY": "tests" * 8}
    environment = needed | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OCOP_ORDERS__WRITER_SOCKET": "/nowhere/at/all"}

    done = run_python(WITHOUT_PACKAGES.format(command=command), **environment, OCOP_DEMO="false")

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "ocop: OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: install ocop-live with the extra `telemetry`."
    ]


def test_the_address_follows_the_standard_variables() -> None:
    base, whole = "http://collector:4318/", "https://collector/own/path"

    assert load_settings(otlp_endpoint=base).trace_endpoint == "http://collector:4318/v1/traces"
    assert load_settings(otlp_endpoint=base, otlp_traces_endpoint=whole).trace_endpoint == whole
    with pytest.raises(StartupError, match="http"):
        tracing.check_tracing(load_settings(otlp_endpoint="collector:4317"))


async def test_spans_of_a_request_hang_together_and_errors_leave_their_name_alone(collector: Collector) -> None:
    async with tracing.tracing(sending_to(collector), "worker"):
        with pytest.raises(LookupError), tracing.root("request", {"ocop.session_id": uuid4()}), tracing.span("inner"):
            raise LookupError("0912345678")
        inner, outer = await collector.sees_named("inner"), await collector.sees_named("request")

    assert (inner.trace_id, inner.parent_id, outer.parent_id) == (outer.trace_id, outer.span_id, "")
    assert inner.has_failed
    assert inner.attributes == {"error.type": "LookupError"}
    assert not any(b"0912345678" in body for body in collector.bodies)


async def test_a_task_that_outlives_its_request_is_in_no_trace(collector: Collector) -> None:
    is_over = asyncio.Event()

    async def outlive() -> tuple[object, object]:
        inside = tracing.here()
        await is_over.wait()
        return inside, tracing.here()

    async with tracing.tracing(sending_to(collector), "worker"):
        with tracing.root("request") as request:
            task = asyncio.ensure_future(outlive())
            await asyncio.sleep(0)
        is_over.set()

        assert await task == (request.place, None)


async def test_the_sdk_s_own_variable_says_what_is_sampled(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")

    async with tracing.tracing(sending_to(collector), "worker"):
        with tracing.root("request"), tracing.span("inner"):
            assert tracing.here() is None
    assert collector.bodies == []


async def test_log_lines_carry_the_trace_that_they_belong_to(collector: Collector) -> None:
    async with tracing.tracing(sending_to(collector), "worker"):
        with tracing.root("request") as request:
            inside = tracing.add_trace_id(None, "info", {"event": "said"})
        outside = tracing.add_trace_id(None, "info", {"event": "said"})

    assert request.place is not None
    assert (inside["trace_id"], "trace_id" in outside) == (f"{request.place.trace_id:032x}", False)


async def test_a_job_is_a_trace_of_its_own_with_what_became_of_it(collector: Collector, database: Database) -> None:
    market = await a_market(database)
    queue = JobQueue(database.pool)
    jobs = [await queue.start(NewJob("test", key, market.session_id, market.organisation_id, market.user_id)) for key in ("good", "bad")]

    async def work(job: RunningJob) -> None:
        if job.id == jobs[1].id:
            raise Conflict("0912345678")

    runner = JobRunner(database.pool, {"test": work}, name="tests")
    async with tracing.tracing(sending_to(collector), "jobs"):
        while await runner.run_once():
            pass
        spans = [await collector.sees(has("ocop.job_id", job.id)) for job in jobs]

    assert [(span.name, span.attributes["ocop.outcome"]) for span in spans] == [("job test", "ok"), ("job test", Conflict.code)]
    assert len({span.trace_id for span in spans}) == 2
    assert spans[0].resource["ocop.process"] == "jobs"
    assert not any(b"0912345678" in body for body in collector.bodies)


@pytest.mark.parametrize("behaviour", ["away", "frozen", "slow"])
async def test_a_collector_that_does_not_answer_holds_up_no_end(behaviour: Behaviour) -> None:
    async with a_collector(behaviour) as collector:
        async with tracing.tracing(sending_to(collector), "worker"):
            for _ in range(3_000):
                with tracing.root("request"):
                    pass
            if behaviour != "away":
                await collector.is_asked.wait()
            began = monotonic()
        assert monotonic() - began < 2.0


def test_what_viewers_ask_for_every_round_is_left_out() -> None:
    """Both routes of polling, and nothing else that is asked for as often."""
    paths = {str(getattr(route, "path", "")) for route in polling_routes.router.routes}
    assert {path.removeprefix("/api/v1/sessions/{session_id}") for path in paths} == set(PER_ROUND)
