"""The Python client of Studio Platform.

from studio_platform import StudioAPI

api = StudioAPI(base_url="https://studio.example.org", api_key="sk_live_…")
for project in api.projects.list().all():
    print(project.name, project.compliance_score)
"""

from studio_platform.auth import ApiKey, ClientCredentials, Tokens
from studio_platform.client import AsyncStudioAPI, StudioAPI
from studio_platform.errors import (
    APIError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ServerError,
    SignatureError,
    StudioError,
    Unauthorized,
)
from studio_platform.files import AsyncDownload, Download
from studio_platform.pages import AsyncPage, Page
from studio_platform.requests import Retries

__all__ = [
    "APIError",
    "ApiKey",
    "AsyncDownload",
    "AsyncPage",
    "AsyncStudioAPI",
    "ClientCredentials",
    "Conflict",
    "ConnectionFailed",
    "Download",
    "Forbidden",
    "InvalidRequest",
    "NotFound",
    "Page",
    "PreconditionFailed",
    "RateLimited",
    "Retries",
    "ServerError",
    "SignatureError",
    "StudioAPI",
    "StudioError",
    "Tokens",
    "Unauthorized",
]
