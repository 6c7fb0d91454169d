"""A real server that speaks S3 over HTTP, in a process of its own, and a fresh bucket in it for each test."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr

from app.settings import PictureSettings
from tests.local_servers.service_process import free_port


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 45
        while True:
            try:
                httpx2.get(f"{address}/moto-api/", timeout=2)
                break
            except httpx2.TransportError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
async def store(s3_address: str) -> PictureSettings:
    """A fresh bucket."""
    bucket = f"anh-{uuid4().hex[:12]}"
    async with httpx2.AsyncClient(timeout=30, verify=False) as client:
        assert (await client.put(f"{s3_address}/{bucket}")).status_code == 200
    return settings_of(s3_address, bucket)


def settings_of(address: str, bucket: str) -> PictureSettings:
    return PictureSettings(
        store="s3", s3_endpoint=address, s3_bucket=bucket, s3_access_key_id="key", s3_secret_access_key=SecretStr("secret")
    )
