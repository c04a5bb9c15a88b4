"""Fixtures that give a test an empty place on a real server; the servers start at the first use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio_kernel.testing import services


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with services.postgresql() as url:
        yield url


@pytest.fixture
def redis_url() -> Iterator[str]:
    """An empty Redis database."""
    with services.redis_server() as url:
        yield url


@pytest.fixture
def graph_url() -> Iterator[str]:
    """An empty graph, reached by Bolt."""
    with services.graph_server() as url:
        yield url


@pytest.fixture
def s3_url() -> Iterator[str]:
    """An empty S3 bucket, as a storage URL."""
    with services.s3_server() as url:
        yield url
