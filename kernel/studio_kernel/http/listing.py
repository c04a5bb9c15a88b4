"""Lists: paging, filters, sort and search by allow-list, on SQL that is put together once a shape.

Two ways through a list: pages (``page``, ``limit``, exact total) and a cursor (``cursor=``, then the
``next_cursor`` of each answer), whose cost doesn't grow with depth. The order is always total: ties end on ``id``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from studio_kernel.clock import parse_rfc3339, to_text
from studio_kernel.errors import ValidationFailed
from studio_kernel.storage.database import Database, Row
from studio_kernel.storage.sql import Statement

FilterKind = Literal["equals", "after", "before", "in"]
LARGEST_PAGE = 2**53 // 100
"""So that every row before it can be counted exactly, also in JSON."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that narrows a list.

    ``sql`` is the column expression. ``after`` and ``before`` take a moment and are exclusive. ``in`` takes
    several values with commas. ``condition``, when given, is the whole condition with ``:filter_<name>``.
    ``least`` and ``most`` bound the length of a text in characters; 0 for no bound.
    """

    sql: str
    kind: FilterKind = "equals"
    choices: tuple[str, ...] = ()
    summary: str = ""
    condition: str = ""
    required: bool = False
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort field: its column expression (never NULL) and the type of its values, for cursors."""

    sql: str
    kind: Literal["text", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list offers. ``key`` is the name of the list in the answer; ``search`` maps names to columns.

    ``id_sql`` is the column that ends every tie. ``orders`` are the directions that may be asked for.
    """

    key: str
    id_sql: str
    sorts: Mapping[str, Sort]
    default_sort: str = "created_at"
    default_order: Literal["asc", "desc"] = "desc"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: Mapping[str, str] = field(default_factory=dict)
    orders: tuple[str, ...] = ("asc", "desc")

    @property
    def parameters(self) -> list[str]:
        """Every query parameter that the list takes."""
        names = ["page", "limit", "cursor", "sort", "order", *self.filters]
        return [*names, "search", "search_fields"] if self.search else names


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A checked request for a part of a list."""

    page: int
    limit: int
    sort: str
    order: str
    filters: Mapping[str, Any]
    search: str
    search_fields: tuple[str, ...]
    cursor: tuple[Any, str] | None
    by_cursor: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list and where they stand."""

    rows: Sequence[Row]
    pagination: dict[str, Any]


def parse_list_request(listing: Listing, query: Mapping[str, str]) -> ListRequest:
    """Check the query of a list; every problem is told at once."""
    problems: list[tuple[str, str]] = []
    page = _whole(query, "page", 1, LARGEST_PAGE, 1, problems)
    limit = _whole(query, "limit", 1, 100, 20, problems)
    sort = _one_of(query, "sort", listing.sorts, listing.default_sort, problems)
    order = _one_of(query, "order", listing.orders, listing.default_order, problems)
    filters = {
        name: _filter_value(name, each, query[name], problems)
        for name, each in listing.filters.items()
        if name in query
    }
    for name, each in listing.filters.items():
        if each.required and name not in query:
            problems.append((name, "Missing data for required parameter."))
    search_fields = _search_fields(listing, query, problems)
    by_cursor = "cursor" in query
    if by_cursor and "page" in query:
        problems.append(("cursor", "Use either page or cursor"))
    cursor = None
    if by_cursor and query["cursor"] and not problems:
        cursor = _decode(query["cursor"], sort, order, listing.sorts[sort], problems)
    if problems:
        raise ValidationFailed.of(problems)
    search = query.get("search", "").strip()
    return ListRequest(page, limit, sort, order, filters, search, search_fields, cursor, by_cursor)


class KnownRequests:
    """Checked requests for parts of lists, by the query string that asked for them.

    PERF: clients ask for the same parts again and again; reading a query string costs more than the database takes to
    count. What is refused, or long, is read each time.
    """

    def __init__(self, *, size: int = 1000, longest: int = 400) -> None:
        self._size = size
        self._longest = longest
        self._kept: dict[tuple[str, bytes], tuple[Mapping[str, str], ListRequest]] = {}

    def get(
        self, operation: str, raw: bytes, read: Callable[[], tuple[Mapping[str, str], ListRequest]]
    ) -> tuple[Mapping[str, str], ListRequest]:
        """What ``read`` makes of the query string ``raw`` of an operation."""
        known = self._kept.get((operation, raw))
        if known is None:
            known = read()
            if len(raw) <= self._longest:
                if len(self._kept) >= self._size:
                    self._kept.clear()
                self._kept[operation, raw] = known
        return known


def _whole(
    query: Mapping[str, str], name: str, least: int, most: int, default: int, problems: list[tuple[str, str]]
) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 17 and least <= int(text) <= most:
        return int(text)
    problems.append((name, f"Must be a whole number from {least} to {most}"))
    return default


def _one_of(query: Mapping[str, str], name: str, known: Any, default: str, problems: list[tuple[str, str]]) -> str:
    text = query.get(name, default)
    if text in known:
        return text
    problems.append((name, f"Must be one of: {', '.join(known)}"))
    return default


def _filter_value(name: str, each: Filter, text: str, problems: list[tuple[str, str]]) -> Any:
    if each.kind in ("after", "before"):
        try:
            return to_text(parse_rfc3339(text))
        except ValueError as error:
            problems.append((name, str(error)))
            return ""
    if len(text) < each.least or 0 < each.most < len(text):
        problems.append((name, _length(each)))
    values = text.split(",") if each.kind == "in" else [text]
    for value in values:
        if each.choices and value not in each.choices:
            problems.append((name, f"Must be one of: {', '.join(each.choices)}"))
    return values if each.kind == "in" else text


def _length(each: Filter) -> str:
    return f"Must have from {each.least} to {each.most} characters" if each.most else "Must not be empty"


def _search_fields(listing: Listing, query: Mapping[str, str], problems: list[tuple[str, str]]) -> tuple[str, ...]:
    if "search_fields" not in query or not listing.search:
        return tuple(listing.search)
    names = tuple(dict.fromkeys(name.strip() for name in query["search_fields"].split(",")))
    unknown = [name for name in names if name not in listing.search]
    if unknown:
        problems.append(("search_fields", f"Must be among: {', '.join(listing.search)}"))
        return tuple(listing.search)
    return names


def _encode(sort: str, order: str, value: Any, row_id: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, order, value, row_id])).rstrip(b"=").decode()


def _decode(text: str, sort: str, order: str, kind: Sort, problems: list[tuple[str, str]]) -> tuple[Any, str] | None:
    try:
        was_sort, was_order, value, row_id = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, TypeError):
        problems.append(("cursor", "Not a cursor of this list"))
        return None
    fits = isinstance(value, str) if kind.kind == "text" else isinstance(value, int | float)
    sound = fits and not isinstance(value, bool) and isinstance(row_id, str) and "\0" not in f"{value}{row_id}"
    if isinstance(value, int | float) and abs(value) >= 2**63:
        sound = False
    if (was_sort, was_order) != (sort, order) or not sound:
        problems.append(("cursor", "The cursor belongs to a list in another order"))
        return None
    return value, row_id


def paginate(request: ListRequest, total: int | None, last: tuple[Any, str] | None) -> dict[str, Any]:
    """What an answer tells of its place in the list.

    ``total`` is None for a cursor; ``last`` are the sort value and the id of the last row, None at the end.
    """
    pagination: dict[str, Any] = {"limit": request.limit}
    if total is not None:
        pages = -(-total // request.limit)
        pagination = {"page": request.page, "limit": request.limit, "total": total, "pages": pages}
    pagination["next_cursor"] = None if last is None else _encode(request.sort, request.order, *last)
    return pagination


class ListQuery:
    """A list's SQL: which columns, from where, and under what standing conditions.

    ``columns`` must begin with the id. Statements are put together once for each shape of request (which filters
    are present, sort, order, way of paging, ``scope``) and kept.
    """

    def __init__(self, listing: Listing, *, columns: Sequence[str], source: str, where: Sequence[str] = ()) -> None:
        self.listing = listing
        self._columns = ", ".join(columns)
        self._width = len(columns)
        self._source = source
        self._where = tuple(where)
        self._statements: dict[Any, tuple[Statement, Statement]] = {}

    def run(
        self,
        database: Database,
        request: ListRequest,
        *,
        scope: Sequence[str] = (),
        rows_scope: Sequence[str] | None = None,
        **values: Any,
    ) -> Page:
        """Read one part. ``scope`` are further conditions, such as what the caller may see, with ``values``.

        ``rows_scope`` says the same in other words for the rows alone, where the database would read them better so
        and the total worse. One statement; a second one for the total of a page past the end.
        """
        rows_statement, count_statement = self._statement(
            request, tuple(scope), tuple(scope if rows_scope is None else rows_scope)
        )
        bound = dict(values)
        for name, value in request.filters.items():
            bound[f"filter_{name}"] = value
        if request.search:
            escaped = request.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            bound["search"] = f"%{escaped.lower()}%"
        if request.cursor is not None:
            bound["cursor_value"], bound["cursor_id"] = request.cursor
        bound["limit"] = request.limit + 1
        bound["offset"] = (request.page - 1) * request.limit
        rows = database.rows(rows_statement, **bound)
        last = rows[request.limit - 1] if len(rows) > request.limit else None
        total = None
        if rows and not request.by_cursor:
            total = rows[0][-1]
        elif not request.by_cursor:
            total = 0 if request.page == 1 else database.value(count_statement, **bound)
        pagination = paginate(request, total, None if last is None else (last[self._width], last[0]))
        return Page([row[: self._width] for row in rows[: request.limit]], pagination)

    def _statement(
        self, request: ListRequest, scope: tuple[str, ...], rows_scope: tuple[str, ...]
    ) -> tuple[Statement, Statement]:
        shape = (
            request.sort,
            request.order,
            request.by_cursor,
            request.cursor is not None,
            tuple(request.filters),
            request.search_fields if request.search else None,
            scope,
            rows_scope,
        )
        found = self._statements.get(shape)
        if found is None:
            if len(self._statements) > 512:
                self._statements.clear()
            found = self._statements[shape] = self._build(request, scope, rows_scope)
        return found

    def _build(
        self, request: ListRequest, scope: tuple[str, ...], rows_scope: tuple[str, ...]
    ) -> tuple[Statement, Statement]:
        listing = self.listing
        sort = listing.sorts[request.sort].sql
        conditions = [*self._where]
        conditions += [filter_condition(name, listing.filters[name]) for name in request.filters]
        if request.search:
            matches = [f"LOWER({listing.search[name]}) LIKE :search ESCAPE '\\'" for name in request.search_fields]
            conditions.append("(" + " OR ".join(matches) + ")")
        where = " AND ".join([*conditions, *scope]) or "1 = 1"
        count = f"SELECT COUNT(*) FROM {self._source} WHERE {where}"
        # PERF: the total comes with the rows: the database counts once for the statement, and it is one way less.
        total = "" if request.by_cursor else f", ({count})"
        where = " AND ".join([*conditions, *rows_scope]) or "1 = 1"
        sign = ">" if request.order == "asc" else "<"
        if request.cursor is not None:
            where += f" AND ({sort}, {listing.id_sql}) {sign} (:cursor_value, :cursor_id)"
        rows = Statement(
            f"SELECT {self._columns}, {sort}{total} FROM {self._source} WHERE {where} "
            f"ORDER BY {sort} {request.order}, {listing.id_sql} {request.order} LIMIT :limit"
            + ("" if request.by_cursor else " OFFSET :offset")
        )
        return rows, Statement(count)


def filter_condition(name: str, each: Filter) -> str:
    """The SQL of a filter, with its value as ``:filter_<name>``."""
    if each.condition:
        return each.condition
    sign = {"equals": "=", "after": ">", "before": "<", "in": "IN"}[each.kind]
    return f"{each.sql} {sign} :filter_{name}"
