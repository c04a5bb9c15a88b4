"""Lists: a page at hand, and the way to all the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from studio_platform.model import Model

T = TypeVar("T")


class Pagination(Model):
    """Where a page stands. With a cursor only ``limit`` and ``next_cursor`` are known."""

    page: int | None
    limit: int
    total: int | None
    pages: int | None
    next_cursor: str | None


@dataclass(frozen=True)
class _Items(Generic[T]):
    items: Sequence[T]
    """The page's own items."""
    pagination: Pagination

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> T:
        return self.items[index]


@dataclass(frozen=True)
class Page(_Items[T]):
    """One page. Iterating over it gives its items; :meth:`all` gives those of the whole list."""

    following: Callable[[str], Page[T]]

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def next(self) -> Page[T] | None:
        """The page after this one, or None after the last."""
        cursor = self.pagination.next_cursor
        return None if cursor is None else self.following(cursor)

    def all(self) -> Iterator[T]:
        """Every item from this page on; pages are fetched as they are needed, by cursor."""
        page: Page[T] | None = self
        while page is not None:
            yield from page.items
            page = page.next()


@dataclass(frozen=True)
class AsyncPage(_Items[T]):
    """:class:`Page` for asyncio."""

    following: Callable[[str], Awaitable[AsyncPage[T]]]

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    async def next(self) -> AsyncPage[T] | None:
        """The page after this one, or None after the last."""
        cursor = self.pagination.next_cursor
        return None if cursor is None else await self.following(cursor)

    async def all(self) -> AsyncIterator[T]:
        """Every item from this page on; pages are fetched as they are needed, by cursor."""
        page: AsyncPage[T] | None = self
        while page is not None:
            for item in page.items:
                yield item
            page = await page.next()
