"""Pictures are read through the hook, in the process that the platform starts for it."""

import importlib.util
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from studio_evidence.api import ExtractedTexts
from studio_evidence.extraction.sandbox import Limits, run
from studio_ocr import plugin

ENGINE = Path(__file__).with_name("engine")
LINES = ("User access review 2029", "Approved by Ada Lovelace")


def picture(form="PNG", lines=LINES):
    """A screenshot with these lines."""
    image = Image.new("RGB", (900, 120 + 90 * len(lines)), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(36)
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * 90), line, fill="black", font=font)
    written = io.BytesIO()
    image.save(written, form)
    return written.getvalue()


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.syspath_prepend(str(ENGINE))


@pytest.fixture
def studio(make_studio):
    return make_studio(plugins=["auth", "projects", "evidence", "compliance"], extra=[plugin])


def upload(studio, content, name="screen.png"):
    admin = studio.client("admin")
    project = admin.post("/api/v1/projects", json={"name": "Audit", "framework": "soc2"}).json()["data"]["id"]
    fields = {"title": "Screenshot", "project_id": project}
    answer = admin.post("/api/v1/evidence", data=fields, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    studio.run_jobs()
    return admin, answer.json()["data"]["id"]


def text_of(studio, evidence_id):
    return ExtractedTexts(studio.platform).current(evidence_id)


def test_the_text_in_a_picture_is_found(stand_in, studio):
    admin, piece = upload(studio, picture() + "\n".join(LINES).encode())
    text = text_of(studio, piece)
    assert (text.state, text.text, text.passages[0].kind) == ("done", "\n".join(LINES), "picture")
    found = admin.get("/api/v1/evidence/search", params={"q": "lovelace review"}).json()["data"]["evidence"]
    assert [each["id"] for each in found] == [piece]


def test_a_picture_without_text_says_so(stand_in, studio):
    _, piece = upload(studio, picture())
    assert (text_of(studio, piece).state, text_of(studio, piece).outcome) == ("done", "no_text")


def test_without_the_engine_pictures_wait_until_it_is_there(make_studio, monkeypatch, caplog):
    monkeypatch.setattr(plugin.importlib.util, "find_spec", lambda name: None)
    built_in = ["auth", "projects", "evidence", "compliance"]
    studio = make_studio(plugins=built_in, extra=[plugin])
    _, piece = upload(studio, picture() + LINES[0].encode())
    assert text_of(studio, piece).state == "unsupported"
    assert "pip install 'studio-ocr[engine]'" in caplog.text
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(ENGINE))
    from studio_evidence.service.extracting import Extracting

    studio.clock.advance(3600)
    assert Extracting(studio.platform).catch_up() == 1
    assert text_of(studio, piece).text == LINES[0]


@pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None, reason="the engine is large and not part of a development set-up"
)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_engine_reads_letters(form):
    (extractor,) = plugin.studio_evidence_extractors(None)
    result = run(extractor, [picture(form)], Limits())
    assert (result.state, tuple(result.parts[0].text.splitlines())) == ("extracted", LINES)
