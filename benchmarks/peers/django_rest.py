"""Peer 2: Django REST Framework in one process.

A view set with pagination, serializers and `prefetch_related`, trimmed as its performance advice says: no
session, no unused middleware, persistent connections (a pool on PostgreSQL), orjson for rendering.
"""

# NOTE: Django and REST framework bring no types.
# mypy: disable-error-code="import-untyped,misc"

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
import jwt
import orjson
from django.conf import settings

from benchmarks.peers import shared


def database() -> dict[str, Any]:
    """Return Django's settings for the database that BENCH_DATABASE_URL names."""
    if shared.DATABASE_URL.startswith("sqlite:///"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": shared.DATABASE_URL.removeprefix("sqlite:///"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 30},
        }
    parts = urlsplit(shared.DATABASE_URL)
    extra = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": extra.get("host", [parts.hostname or ""])[0],
        "PORT": extra.get("port", [parts.port or 5432])[0],
        "OPTIONS": {"pool": {"min_size": shared.POOL, "max_size": shared.POOL}},
    }


settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["rest_framework", __name__],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    ROOT_URLCONF=__name__,
    SECRET_KEY=shared.SECRET,
    USE_I18N=False,
    USE_TZ=True,
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import filters, mixins, pagination, renderers, serializers, viewsets  # noqa: E402
from rest_framework.authentication import BaseAuthentication  # noqa: E402
from rest_framework.exceptions import AuthenticationFailed, ValidationError  # noqa: E402
from rest_framework.parsers import JSONParser  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402

STATUSES = ("active", "inactive", "archived")
TEAM_ROLES = ("manager", "compliance_lead", "team_member", "auditor", "viewer")


class Project(models.Model):
    """One project."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    description = models.TextField()
    status = models.TextField()
    framework = models.TextField()
    compliance_score = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label = "django_rest"
        db_table = "projects"


class Member(models.Model):
    """One person in one project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="team_members")
    user_id = models.TextField()
    role = models.TextField()
    joined_at = models.DateTimeField()

    class Meta:
        app_label = "django_rest"
        db_table = "members"
        ordering = ("id",)


class Audit(models.Model):
    """Who did what."""

    actor_id = models.TextField()
    action = models.TextField()
    resource_id = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = "django_rest"
        db_table = "audit"


class Outbox(models.Model):
    """An event that waits for its delivery."""

    event = models.TextField()
    resource_id = models.TextField()
    payload = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = "django_rest"
        db_table = "outbox"


class Caller:
    """The account that a verified token names."""

    is_authenticated = True

    def __init__(self, claims: dict[str, Any]) -> None:
        self.id = claims["sub"]
        self.is_admin = shared.is_admin(claims)


class BearerAuthentication(BaseAuthentication):
    """Verifies the bearer token on every request."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return None
        try:
            return Caller(shared.verify(token)), None
        except jwt.PyJWTError as error:
            raise AuthenticationFailed from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class OrjsonRenderer(renderers.BaseRenderer):
    """JSON by orjson; the serializers have already turned times into text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return orjson.dumps(data)


class MemberSerializer(serializers.ModelSerializer[Member]):
    """A team member on the wire."""

    role = serializers.ChoiceField(TEAM_ROLES)

    class Meta:
        model = Member
        fields = ("user_id", "role", "joined_at")
        read_only_fields = ("joined_at",)


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project on the wire."""

    name = serializers.CharField(min_length=1, max_length=200)
    description = serializers.CharField(allow_blank=True, default="")
    team_members = MemberSerializer(many=True, required=False)

    class Meta:
        model = Project
        fields = (
            "id", "name", "description", "status", "framework", "compliance_score",
            "created_at", "updated_at", "team_members",
        )  # fmt: skip
        read_only_fields = ("id", "status", "compliance_score", "created_at", "updated_at")

    def create(self, validated_data: Mapping[str, Any]) -> Project:
        """Insert project, team, audit entry and event in one transaction."""
        values = dict(validated_data)
        team, now, actor = values.pop("team_members", []), shared.now(), self.context["request"].user.id
        project = Project(id=shared.new_id("proj"), status="active", created_at=now, updated_at=now, **values)
        team = [{"user_id": actor, "role": "manager"}, *team]
        rows = [Member(project=project, joined_at=now, **member) for member in team]
        payload = shared.payload(project.id, project.name, project.framework)
        with transaction.atomic():
            project.save(force_insert=True)
            Member.objects.bulk_create(rows)
            Audit.objects.create(actor_id=actor, action="project.create", resource_id=project.id, at=now)
            Outbox.objects.create(event="project.created", resource_id=project.id, payload=payload, at=now)
        project._prefetched_objects_cache = {"team_members": rows}
        return project


class ProjectPagination(pagination.PageNumberPagination):
    """Pages with the exact total, in the envelope of the API."""

    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 100

    def get_paginated_response(self, data: Any) -> Response:
        paginator = self.page.paginator
        numbers = {
            "page": self.page.number, "limit": paginator.per_page, "total": paginator.count,
            "pages": paginator.num_pages,
        }  # fmt: skip
        return Response({"success": True, "data": {"projects": data, "pagination": numbers}})


class SortFilter(filters.BaseFilterBackend):
    """Order by an allowed field; ties end on the id."""

    def filter_queryset(self, request: Request, queryset: models.QuerySet[Project], view: Any) -> Any:
        field = request.query_params.get("sort", "created_at")
        if field not in ("created_at", "name"):
            raise ValidationError({"sort": "not a field to sort by"})
        sign = "" if request.query_params.get("order") == "asc" else "-"
        return queryset.order_by(f"{sign}{field}", f"{sign}id")


class ProjectViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet[Project]):
    """List and create projects."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (IsAuthenticated,)
    parser_classes = (JSONParser,)
    renderer_classes = (OrjsonRenderer,)
    serializer_class = ProjectSerializer
    pagination_class = ProjectPagination
    filter_backends = (SortFilter,)

    def get_queryset(self) -> models.QuerySet[Project]:
        """Return the projects that the caller may see and asked for; members come in one further query."""
        queryset = Project.objects.prefetch_related("team_members")
        if not self.request.user.is_admin:
            queryset = queryset.filter(team_members__user_id=self.request.user.id)
        status = self.request.query_params.get("status")
        if status is None:
            return queryset
        if status not in STATUSES:
            raise ValidationError({"status": "not a status"})
        return queryset.filter(status=status)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response({"success": True, "data": serializer.data}, status=201)


urlpatterns = [path("api/v1/projects", ProjectViewSet.as_view({"get": "list", "post": "create"}))]
application = get_wsgi_application()
asgi_application = get_asgi_application()
