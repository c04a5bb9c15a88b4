"""The register, on the testing kit: only what it needs is active."""

import json

import pytest
from click.testing import CliRunner

from studio_kernel.storage.sql import Statement
from studio_vendors import plugin
from studio_vendors.commands import vendors as vendors_command
from studio_vendors.events import VENDOR_ADDED, VendorAdded
from studio_vendors.service import Vendors
from studio_vendors.settings import VendorSettings


@pytest.fixture
def studio(make_studio):
    return make_studio(plugins=["auth"], extra=[plugin])


def test_a_vendor_is_added_and_listed(studio):
    admin = studio.client("admin")
    added = admin.post("/api/v1/vendors", json={"name": "Example Hosting"})
    assert added.status_code == 201
    listed = admin.get("/api/v1/vendors", params={"search": "hosting"}).json()["data"]
    assert [vendor["id"] for vendor in listed["vendors"]] == [added.json()["data"]["id"]]


def test_a_name_is_taken_once(studio):
    admin = studio.client("admin")
    assert admin.post("/api/v1/vendors", json={"name": "Twice"}).status_code == 201
    assert admin.post("/api/v1/vendors", json={"name": "Twice"}).json()["error"]["details"]["field"] == "name"


def test_only_administrators_change_the_register(studio):
    assert studio.client("viewer").get("/api/v1/vendors").status_code == 200
    assert studio.client("viewer").post("/api/v1/vendors", json={"name": "No"}).status_code == 403


def test_the_review_date_follows_the_setting(make_studio):
    studio = make_studio(plugins=["auth"], extra=[plugin], overrides={"vendors.review_days": 1})
    assert studio.platform.settings.section(VendorSettings).review_days == 1
    vendor = studio.client("admin").post("/api/v1/vendors", json={"name": "Soon"}).json()["data"]
    assert vendor["review_due"][:10] > vendor["created_at"][:10]


def test_an_addition_is_announced_with_the_change(studio):
    vendor = studio.client("admin").post("/api/v1/vendors", json={"name": "Told"}).json()["data"]
    rows = studio.platform.database.rows(Statement("SELECT resource_id, data FROM events WHERE name = 'vendor.added'"))
    assert [(resource, json.loads(data)) for resource, data in rows] == [
        (vendor["id"], {"vendor_id": vendor["id"], "name": "Told"})
    ]
    assert VendorAdded().validate(VENDOR_ADDED.example) == {}


def test_new_projects_are_counted_once_each(make_studio):
    studio = make_studio(plugins=["auth", "projects", "compliance", "evidence"], extra=[plugin])
    framework = next(iter(studio.platform.frameworks)).id
    made = studio.client("admin").post("/api/v1/projects", json={"name": "Audit", "framework": framework})
    assert made.status_code == 201, made.text
    studio.run_jobs()
    register = Vendors(studio.platform)
    assert register.projects() == 1
    event_id = studio.platform.database.value(Statement("SELECT id FROM events WHERE name = 'project.created'"))
    register.count_project(studio.platform.events.find(event_id))
    assert register.projects() == 1


def test_a_list_costs_the_same_queries_whatever_its_length(studio):
    admin = studio.client("admin")
    counts = []
    for number in range(3):
        admin.post("/api/v1/vendors", json={"name": f"Vendor {number}"})
        with studio.count_queries() as queries:
            admin.get("/api/v1/vendors")
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1


def test_the_command_prints_help():
    assert "--json" in CliRunner().invoke(vendors_command, ["list", "--help"]).output
