"""Peer 1: FastAPI with SQLAlchemy 2's async ORM; aiosqlite on SQLite, asyncpg on PostgreSQL.

As its documentation advises: response models (serialised by pydantic in Rust), dependencies for caller and
session, `selectinload` for the members, a connection pool, `expire_on_commit=False`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, ForeignKey, Select, String, TypeDecorator, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from benchmarks.peers import shared

SQLITE = shared.DATABASE_URL.startswith("sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A time with zone; SQLite keeps it without, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Where the tables are registered."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, str: String}


class Member(Base):
    """One person in one project."""

    __tablename__ = "members"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    user_id: Mapped[str]
    role: Mapped[str]
    joined_at: Mapped[datetime]


class Project(Base):
    """One project with its team."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    status: Mapped[str]
    framework: Mapped[str]
    compliance_score: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    team_members: Mapped[list[Member]] = relationship(order_by=Member.id)


class Audit(Base):
    """Who did what."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[str]
    action: Mapped[str]
    resource_id: Mapped[str]
    at: Mapped[datetime]


class Outbox(Base):
    """An event that waits for its delivery."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    resource_id: Mapped[str]
    payload: Mapped[str]
    at: Mapped[datetime]


class Row(BaseModel):
    """A shape that is read from a table row."""

    model_config = ConfigDict(from_attributes=True)


class MemberOut(Row):
    """A team member on the wire."""

    user_id: str
    role: str
    joined_at: datetime


class ProjectOut(Row):
    """A project on the wire."""

    id: str
    name: str
    description: str
    status: str
    framework: str
    compliance_score: int
    created_at: datetime
    updated_at: datetime
    team_members: list[MemberOut]


class Pagination(BaseModel):
    """Where in the list the page is."""

    page: int
    limit: int
    total: int
    pages: int


class ProjectPage(BaseModel):
    """One page of projects."""

    projects: list[ProjectOut]
    pagination: Pagination


class ListAnswer(BaseModel):
    """The envelope around a page."""

    success: Literal[True] = True
    data: ProjectPage


class CreateAnswer(BaseModel):
    """The envelope around a new project."""

    success: Literal[True] = True
    data: ProjectOut


class MemberIn(BaseModel):
    """A person to put into the team."""

    user_id: str
    role: Literal["manager", "compliance_lead", "team_member", "auditor", "viewer"]


class ProjectIn(BaseModel):
    """What a new project is made of."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = ""
    framework: str
    team_members: list[MemberIn] = []


class ListQuery(BaseModel):
    """What a list can be asked for."""

    model_config = ConfigDict(extra="forbid")
    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    status: Literal["active", "inactive", "archived"] | None = None
    sort: Literal["created_at", "name"] = "created_at"
    order: Literal["asc", "desc"] = "desc"


if SQLITE:
    engine = create_async_engine(
        shared.DATABASE_URL.replace("sqlite://", "sqlite+aiosqlite://"), pool_size=shared.POOL, max_overflow=0
    )

    @event.listens_for(engine.sync_engine, "connect")
    def durable(connection: Any, record: Any) -> None:
        """Set up each connection for durable commits and readers that don't wait for the writer."""
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 30000")
else:
    engine = create_async_engine(
        shared.DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://"),
        pool_size=shared.POOL,
        max_overflow=0,
    )

sessions = async_sessionmaker(engine, expire_on_commit=False)
one_writer = asyncio.Lock()
"""SQLite has one writer: waiting here is fair; its own busy handler sleeps (same rate, far longer p99)."""
app = FastAPI(openapi_url=None)
bearer = HTTPBearer()


async def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> dict[str, Any]:
    """Return the claims of the bearer token, verified on every request."""
    try:
        return shared.verify(credentials.credentials)
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Authentication required") from error


async def session() -> AsyncIterator[AsyncSession]:
    """Provide a session for one request."""
    async with sessions() as current:
        yield current


Caller = Annotated[dict[str, Any], Depends(caller)]
Session = Annotated[AsyncSession, Depends(session)]


def reachable(statement: Select[Any], claims: dict[str, Any], query: ListQuery) -> Select[Any]:
    """Narrow a statement to the projects that the caller may see and asked for."""
    if not shared.is_admin(claims):
        statement = statement.join(Member, Member.project_id == Project.id).where(Member.user_id == claims["sub"])
    return statement if query.status is None else statement.where(Project.status == query.status)


@app.get("/api/v1/projects")
async def list_projects(query: Annotated[ListQuery, Query()], claims: Caller, session: Session) -> ListAnswer:
    """List projects: one page, the members of its projects in one further query, and the exact total."""
    total = await session.scalar(reachable(select(func.count()).select_from(Project), claims, query)) or 0
    column = {"created_at": Project.created_at, "name": Project.name}[query.sort]
    keys = (column.desc(), Project.id.desc()) if query.order == "desc" else (column, Project.id)
    statement = reachable(select(Project), claims, query).options(selectinload(Project.team_members))
    statement = statement.order_by(*keys).limit(query.limit).offset((query.page - 1) * query.limit)
    rows = (await session.scalars(statement)).all()
    pagination = Pagination(page=query.page, limit=query.limit, total=total, pages=-(-total // query.limit))
    return ListAnswer(
        data=ProjectPage(projects=[ProjectOut.model_validate(row) for row in rows], pagination=pagination)
    )


@app.post("/api/v1/projects", status_code=201)
async def create_project(body: ProjectIn, claims: Caller, session: Session) -> CreateAnswer:
    """Create a project with its creator as manager; audit entry and event commit with it."""
    now, actor = shared.now(), claims["sub"]
    project = Project(
        id=shared.new_id("proj"), name=body.name, description=body.description, status="active",
        framework=body.framework, compliance_score=0, created_at=now, updated_at=now,
    )  # fmt: skip
    team = [(actor, "manager"), *((member.user_id, member.role) for member in body.team_members)]
    project.team_members = [Member(user_id=user, role=role, joined_at=now) for user, role in team]
    payload = shared.payload(project.id, project.name, project.framework)
    session.add(project)
    session.add(Audit(actor_id=actor, action="project.create", resource_id=project.id, at=now))
    session.add(Outbox(event="project.created", resource_id=project.id, payload=payload, at=now))
    async with AsyncExitStack() as turn:
        if SQLITE:
            await turn.enter_async_context(one_writer)
        await session.commit()
    return CreateAnswer(data=ProjectOut.model_validate(project))
