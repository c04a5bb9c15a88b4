"""Both vector stores keep one promise; the one in the database on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_kernel.errors import ServiceUnavailable
from studio_kernel.storage.adapters import BUILT_IN_ADAPTERS, StorageContext, open_storage
from studio_kernel.storage.database import open_database
from studio_kernel.storage.sql import Statement
from studio_kernel.storage.vectors import VectorItem, VectorStore
from studio_kernel.storage.vectors_database import VECTOR_SCHEMA
from studio_kernel.testing.services import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql", "pgvector"])
def vectors(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/vectors.db")
    else:
        database = open_database(request.getfixturevalue("postgres_url"))
    if request.param != "pgvector":
        for text in VECTOR_SCHEMA[database.dialect]:
            database.execute(Statement(text))
    url = "pgvector:" if request.param == "pgvector" else "database:"
    yield open_storage("vectors", url, BUILT_IN_ADAPTERS, StorageContext(database, tmp_path))
    database.close()


def item(name: str, *embedding: float, collection: str = "evidence", **metadata: object) -> VectorItem:
    return VectorItem(name, collection, embedding, metadata)


def found(vectors: VectorStore, *embedding: float, limit: int = 10, **wanted: object) -> list[str]:
    return [hit.id for hit in vectors.search("evidence", embedding, limit, wanted)]  # type: ignore[arg-type]  # tests say less


def test_the_nearest_come_first_with_their_cosine(vectors: VectorStore) -> None:
    vectors.upsert([item("opposite", -3, 0), item("same", 2, 0), item("near", 1, 1), item("across", 0, 5)])
    hits = vectors.search("evidence", [0.5, 0], 10)
    assert [hit.id for hit in hits] == ["same", "near", "across", "opposite"]
    assert [hit.score for hit in hits] == pytest.approx([1, math.sqrt(0.5), 0, -1], abs=1e-6)


def test_equally_near_ones_come_in_the_order_of_their_ids(vectors: VectorStore) -> None:
    names = ["b_2", "a_9", "C", "b", "a", "_", "b1"]
    vectors.upsert([item(name, 1, 2) for name in names])
    assert found(vectors, 1, 2) == sorted(names)
    assert found(vectors, 1, 2, limit=3) == sorted(names)[:3]


def test_metadata_comes_back_as_it_was(vectors: VectorStore) -> None:
    metadata = {
        "project_id": "p1",
        "page": 3,
        "tags": ["a", "b"],
        "nested": {"x": [1, None]},
        "text": "café %s ?",
    }
    vectors.upsert([VectorItem("a", "evidence", [1.0, 0.0], metadata)])
    assert vectors.search("evidence", [1, 0], 1)[0].metadata == metadata


def test_upserting_again_replaces_everything(vectors: VectorStore) -> None:
    vectors.upsert([item("a", 1, 0, project_id="p1", old="yes")])
    vectors.upsert([item("a", 0, 1, project_id="p2")])
    hits = vectors.search("evidence", [0, 1], 5)
    assert [(hit.id, hit.metadata) for hit in hits] == [("a", {"project_id": "p2"})]
    assert hits[0].score == pytest.approx(1)
    assert found(vectors, 0, 1, old="yes") == []
    assert found(vectors, 0, 1, project_id="p1") == []
    assert vectors.count("evidence") == 1


def test_of_several_with_one_id_the_last_counts(vectors: VectorStore) -> None:
    vectors.upsert([item("a", 1, 0, n="1"), item("a", 0, 1, n="2")])
    assert found(vectors, 1, 0, n="2") == ["a"]
    assert vectors.count("evidence") == 1


def test_collections_are_apart(vectors: VectorStore) -> None:
    vectors.upsert([item("a", 1, 0), item("b", 1, 0, collection="controls")])
    assert found(vectors, 1, 0) == ["a"]
    assert (vectors.count("evidence"), vectors.count("controls"), vectors.count("none")) == (1, 1, 0)
    vectors.upsert([item("a", 1, 0, collection="controls")])
    assert (vectors.count("evidence"), vectors.count("controls")) == (0, 2)


def test_a_filter_leaves_only_what_it_names(vectors: VectorStore) -> None:
    vectors.upsert(
        [
            item("a", 1, 0, project_id="p1", kind="policy"),
            item("b", 1, 0.1, project_id="p2", kind="policy"),
            item("c", 1, 0.2, project_id="p1", kind="log"),
            item("d", 1, 0.3),
        ]
    )
    assert found(vectors, 1, 0) == ["a", "b", "c", "d"]
    assert found(vectors, 1, 0, project_id="p1") == ["a", "c"]
    assert found(vectors, 1, 0, project_id=["p1", "p2"]) == ["a", "b", "c"]
    assert found(vectors, 1, 0, project_id={"p1", "p2"}, kind="policy") == ["a", "b"]
    assert found(vectors, 1, 0, project_id="p3") == []
    assert found(vectors, 1, 0, unknown="p1") == []


def test_a_filter_without_values_matches_nothing(vectors: VectorStore) -> None:
    vectors.upsert([item("a", 1, 0, project_id="p1")])
    assert found(vectors, 1, 0, project_id=[]) == []


def test_a_list_in_the_metadata_has_each_of_its_values(vectors: VectorStore) -> None:
    vectors.upsert([item("a", 1, 0, controls=["c1", "c2", "c2"]), item("b", 1, 0, controls=["c3"])])
    assert found(vectors, 1, 0, controls="c2") == ["a"]
    assert found(vectors, 1, 0, controls=["c1", "c3"]) == ["a", "b"]


def test_the_filter_comes_before_the_limit(vectors: VectorStore) -> None:
    vectors.upsert([item(f"near{number:03}", 1, 0, project_id="hidden") for number in range(600)])
    vectors.upsert([item("far", 0.1, 1, project_id="mine")])
    assert found(vectors, 1, 0, limit=1, project_id="mine") == ["far"]


@pytest.mark.parametrize("value", ["' OR 1=1 --", "%", "_", '"', "p1'; DROP TABLE vectors; --"])
def test_filters_are_only_ever_values(vectors: VectorStore, value: str) -> None:
    vectors.upsert([item("a", 1, 0, project_id="p1"), item("b", 1, 0, project_id=value)])
    assert found(vectors, 1, 0, project_id=value) == ["b"]
    assert vectors.search("evidence", [1, 0], 10, {value: "p1"}) == []


def test_items_of_other_dimensions_are_not_compared(vectors: VectorStore) -> None:
    vectors.upsert([item("two", 1, 0), item("three", 1, 0, 0)])
    assert found(vectors, 1, 0) == ["two"]
    assert found(vectors, 1, 0, 0) == ["three"]
    assert found(vectors, 1) == []
    assert vectors.count("evidence") == 2


def test_deleted_items_are_gone(vectors: VectorStore) -> None:
    vectors.upsert([item(name, 1, 0, project_id="p1") for name in "abc"])
    vectors.delete(["a", "c", "unknown"])
    vectors.delete([])
    assert found(vectors, 1, 0, project_id="p1") == ["b"]


def test_nothing_to_keep_is_no_error(vectors: VectorStore) -> None:
    vectors.upsert([])
    assert vectors.count("evidence") == 0


@pytest.mark.parametrize("embedding", [[], [0.0, 0.0], [math.nan, 1], [math.inf, 1], [1.0] * 16_001], ids=len)
def test_an_embedding_without_a_direction_is_refused(vectors: VectorStore, embedding: list[float]) -> None:
    with pytest.raises(ValueError, match="embedding"):
        vectors.upsert([item("good", 1, 0), VectorItem("bad", "evidence", embedding)])
    with pytest.raises(ValueError, match="embedding"):
        vectors.search("evidence", embedding, 1)
    assert vectors.count("evidence") == 0


def test_a_limit_below_one_is_refused(vectors: VectorStore) -> None:
    with pytest.raises(ValueError, match="limit"):
        vectors.search("evidence", [1, 0], 0)


def test_very_small_and_large_numbers_keep_their_direction(vectors: VectorStore) -> None:
    vectors.upsert([item("small", 1e-30, 0), item("large", 1e30, 1e30)])
    hits = vectors.search("evidence", [1e-20, 0], 2)
    assert [hit.id for hit in hits] == ["small", "large"]
    assert hits[1].score == pytest.approx(math.sqrt(0.5), abs=1e-6)


def test_a_thousand_items_are_ranked_as_by_hand(vectors: VectorStore) -> None:
    chance = random.Random(7)
    items = [item(f"v{n:04}", *(chance.gauss(0, 1) for _ in range(64)), even=str(n % 2)) for n in range(1200)]
    vectors.upsert(items)
    wanted = [chance.gauss(0, 1) for _ in range(64)]

    def cosine(each: VectorItem) -> float:
        dot = sum(a * b for a, b in zip(each.embedding, wanted, strict=True))
        return dot / math.hypot(*each.embedding) / math.hypot(*wanted)

    ranked = sorted((each for each in items if each.metadata["even"] == "0"), key=cosine, reverse=True)
    hits = vectors.search("evidence", wanted, 20, {"even": "0"})
    assert [hit.id for hit in hits] == [each.id for each in ranked[:20]]
    assert [hit.score for hit in hits] == pytest.approx([cosine(each) for each in ranked[:20]], abs=1e-5)


def test_threads_keep_side_by_side(vectors: VectorStore) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for step in range(5):
                vectors.upsert([item("shared", 1, step), item(f"own{number}_{step}", 1, 0, n=str(number))])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert vectors.count("evidence") == 21


def test_a_store_that_works_passes_its_check(vectors: VectorStore) -> None:
    vectors.check()


# -- pgvector ------------------------------------------------------------------------------------------


def test_pgvector_may_live_in_another_database(postgres_url: str, sqlite_context: StorageContext) -> None:
    url = postgres_url.replace("postgresql://", "pgvector://")
    store = open_storage("vectors", url, BUILT_IN_ADAPTERS, sqlite_context)
    store.upsert([item("a", 1, 0)])
    assert found(store, 1, 0) == ["a"]
    store.close()


def test_pgvector_prepares_itself_once_for_many(postgres_url: str, tmp_path: Path) -> None:
    database = open_database(postgres_url)
    context = StorageContext(database, tmp_path)
    failures: list[Exception] = []

    def work(number: int) -> None:
        store = open_storage("vectors", "pgvector:", BUILT_IN_ADAPTERS, context)
        try:
            store.upsert([item(str(number), 1, 0)])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    database.close()


def test_vectors_go_away_and_come_back_with_postgresql(tmp_path: Path) -> None:
    with PostgresServer() as server:
        database = open_database(server.url, timeout=2)
        store = open_storage("vectors", "pgvector:", BUILT_IN_ADAPTERS, StorageContext(database, tmp_path))
        store.upsert([item("a", 1, 0)])
        server.stop()
        with pytest.raises(ServiceUnavailable):
            store.check()
        with pytest.raises(ServiceUnavailable):
            store.search("evidence", [1, 0], 1)
        with pytest.raises(ServiceUnavailable):
            store.upsert([item("b", 1, 0)])
        server.start()
        store.check()
        assert found(store, 1, 0) == ["a"]
        database.close()
