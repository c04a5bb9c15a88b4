"""The index of the texts of evidence: made again for each version, gone with the evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio_ai.holds import hold_evidence, hold_texts
from studio_ai.models import DocumentRow, PassageRow
from studio_ai.retrieval.chunking import Chunk, cut
from studio_ai.retrieval.embedding import Embedder
from studio_ai.retrieval.texts import EvidenceText, EvidenceTexts, TextPart
from studio_kernel.clock import to_text
from studio_kernel.errors import Contended, ServiceUnavailable
from studio_kernel.storage.sql import Statement
from studio_kernel.storage.vectors import VectorItem
from studio_kernel.storage.vectors_database import DatabaseVectors

if TYPE_CHECKING:
    from studio_kernel.app import Platform

COLLECTION = "ai_passages"
# A file of evidence is rarely longer than a hundred pages of text; what lies beyond isn't found by its text.
MOST_PASSAGES = 2000
_IDS = Statement("SELECT id FROM ai_passages WHERE evidence_id = :evidence_id")
_IDS_OF_PROJECT = Statement("SELECT id FROM ai_passages WHERE project_id = :project_id")
_KNOWN = Statement("SELECT version FROM ai_documents WHERE evidence_id = :evidence_id AND model = :model")
_STALE = Statement("SELECT evidence_id FROM ai_documents WHERE model <> :model ORDER BY evidence_id")
_MARK_STALE = Statement("UPDATE ai_documents SET model = ''")


class PassageIndex:
    """Writes the index. Every method may be repeated: events arrive at least once."""

    def __init__(self, platform: Platform, embedder: Embedder, texts: EvidenceTexts | None = None) -> None:
        self._platform = platform
        self._database = platform.database
        self._vectors = platform.vectors
        self._embedder = embedder
        self._texts = texts or EvidenceTexts(platform)

    def refresh(self, evidence_id: str) -> int:
        """Index the text as it is now; how many passages. Evidence that is gone leaves the index."""
        text = self._texts.current(evidence_id)
        rows = list(_rows(text)) if text is not None else []
        items = self._items(rows)
        with self._database.transaction():
            # NOTE: evidence deleted meanwhile, by itself or with its project, must not come back: the locks order
            # this against the removal.
            if text is not None:
                hold_texts(self._database, text.project_id)
            hold_evidence(self._database, evidence_id)
            described = self._texts.described(evidence_id)
            if text is not None and described is not None and described[1] != text.version:
                # NOTE: what came after this version was read is indexed, or will be: it had an event of its own.
                return 0
            before = self._forget(evidence_id)
            gone = text is None or described is None
            model = self._embed(before, [] if gone else items)
            if text is None or described is None:
                return 0
            # NOTE: the title as it is now: it may have changed while the text was read.
            self._database.insert(DocumentRow, self._document(text, described[0], len(rows), model))
            self._database.insert_many(PassageRow, rows)
        return len(rows)

    def follows_extraction(self, evidence_id: str) -> bool:
        """Whether there is more to index once the text of a piece was extracted."""
        return self._texts.is_extracted(evidence_id)

    def follow(self, evidence_id: str) -> None:
        """What people say of evidence changed: take the title over, and index the text if that isn't done."""
        described = self._texts.described(evidence_id)
        known = self._database.value(_KNOWN, evidence_id=evidence_id, model=self._embedder.name)
        if described is None or known != described[1]:
            self.refresh(evidence_id)
            return
        with self._database.transaction():
            self._database.update(DocumentRow, {"title": described[0]}, where={"evidence_id": evidence_id})

    def forget(self, evidence_id: str) -> None:
        """Take the words out, inside the transaction that deletes the evidence: nothing of it is found any more."""
        hold_evidence(self._database, evidence_id)
        ids = self._forget(evidence_id)
        self._enqueue_removal(ids)

    def forget_project(self, project_id: str) -> None:
        """The same for a whole project."""
        hold_texts(self._database, project_id)
        ids = [row[0] for row in self._database.rows(_IDS_OF_PROJECT, project_id=project_id)]
        self._database.delete(PassageRow, where={"project_id": project_id})
        self._database.delete(DocumentRow, where={"project_id": project_id})
        self._enqueue_removal(ids)

    def remove_vectors(self, ids: Sequence[str]) -> None:
        """Take out the embeddings of passages that are gone: the store may be another server, so it may fail."""
        self._vectors.delete(ids)

    def stale(self) -> list[str]:
        """Evidence that was indexed with another model than today's, or while the store of embeddings was away.

        :raises ServiceUnavailable: it still is.
        """
        self._vectors.check()
        return [row[0] for row in self._database.rows(_STALE, model=self._embedder.name)]

    def mark_unembedded(self) -> int:
        """Have all texts count as stale where the store of vectors doesn't have them; how many texts."""
        if not self._embedder.name:
            return 0
        kept = isinstance(self._vectors, DatabaseVectors) and self._vectors.count(COLLECTION)
        return 0 if kept else self._database.execute(_MARK_STALE)

    def _embed(self, before: Sequence[str], items: Sequence[VectorItem]) -> str:
        """Put embeddings in the place of those before; the name of their model.

        The name is empty where their store, which may be another server, is away: the text is found by its words then,
        and upkeep embeds it later.
        """
        try:
            if before:
                self._vectors.delete(before)
            if items:
                self._vectors.upsert(items)
        except Contended:
            # NOTE: where the store is the platform's own database, this transaction is given up as a whole.
            raise
        except ServiceUnavailable:
            self._enqueue_removal(before)
            return ""
        return self._embedder.name

    def _enqueue_removal(self, ids: Sequence[str]) -> None:
        if ids:
            self._platform.jobs.enqueue("ai.forget", {"ids": list(ids)})

    def _forget(self, evidence_id: str) -> list[str]:
        ids = [row[0] for row in self._database.rows(_IDS, evidence_id=evidence_id)]
        self._database.delete(PassageRow, where={"evidence_id": evidence_id})
        self._database.delete(DocumentRow, where={"evidence_id": evidence_id})
        return ids

    def _document(self, text: EvidenceText, title: str, passages: int, model: str) -> dict[str, Any]:
        return {
            "evidence_id": text.evidence_id,
            "project_id": text.project_id,
            "title": title,
            "version": text.version,
            "passages": passages,
            "model": model,
            "indexed_at": to_text(self._platform.clock()),
        }

    def _items(self, rows: Sequence[dict[str, Any]]) -> list[VectorItem]:
        if not self._embedder.name or not rows:
            return []
        embeddings = self._embedder.embed([f"{row['heading']}\n{row['body']}" for row in rows])
        return [
            VectorItem(
                row["id"],
                COLLECTION,
                embedding,
                {"project_id": row["project_id"], "evidence_id": row["evidence_id"]},
            )
            for row, embedding in zip(rows, embeddings, strict=True)
            if any(embedding)
        ]


def _rows(text: EvidenceText) -> Iterator[dict[str, Any]]:
    for position, (chunk, part) in enumerate(_chunks(text)):
        if position >= MOST_PASSAGES:
            return
        yield {
            "id": passage_id(text.evidence_id, text.version, position),
            "evidence_id": text.evidence_id,
            "project_id": text.project_id,
            "version": text.version,
            "position": position,
            "start_offset": part.start + chunk.start,
            "end_offset": part.start + chunk.end,
            "place": part.place[:120],
            "heading": " › ".join(filter(None, (part.heading, chunk.heading))),
            "body": chunk.text,
        }


def _chunks(text: EvidenceText) -> Iterator[tuple[Chunk, TextPart]]:
    for part in text.parts:
        for chunk in cut(part.text):
            yield chunk, part


def passage_id(evidence_id: str, version: int, position: int) -> str:
    """The same passage of the same version has the same id however often it is indexed: citations hold."""
    digest = hashlib.blake2b(f"{evidence_id}\0{version}\0{position}".encode(), digest_size=13)
    return f"pas_{digest.hexdigest()}"
