"""The pytest plugin of the testing kit; pytest loads it wherever the kernel is installed."""

from __future__ import annotations

from studio_kernel.testing.app_fixtures import make_studio, studio
from studio_kernel.testing.service_fixtures import graph_url, postgres_url, redis_url, s3_url

__all__ = ["graph_url", "make_studio", "postgres_url", "redis_url", "s3_url", "studio"]
