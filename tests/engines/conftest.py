"""Servers and engines on the loopback."""

from __future__ import annotations

import logging
import os

import pytest
from faulty import Proxy

BUCKET = "logs"


@pytest.fixture(scope="session")
def moto():
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def _proxy(moto):
    proxy = Proxy(moto)
    yield proxy
    proxy.shutdown()
    proxy.server_close()


@pytest.fixture
def proxy(_proxy):
    """A store whose requests are counted; the environment names it."""
    _proxy.reset()
    return _proxy


@pytest.fixture
def bucket(moto, proxy, monkeypatch):
    """An empty bucket."""
    import boto3

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    said = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    for name, value in {**said, "AWS_ENDPOINT_URL": proxy.url}.items():
        monkeypatch.setenv(name, value)
    # The client of the tests does not go through the proxy.
    resource = boto3.resource("s3", endpoint_url=moto, region_name="us-east-1")
    made = resource.Bucket(BUCKET)
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()
