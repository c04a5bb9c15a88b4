"""What a plan says of steps to come, what is held back from older processes, and upgrades of tables with data."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from studio_kernel import kernel_schema
from studio_kernel.app import load_plugins, open_for_migration
from studio_kernel.backup import tables
from studio_kernel.cli import studio as command
from studio_kernel.plugins import BUILT_IN, installed_plugins
from studio_kernel.storage.database import open_database
from studio_kernel.storage.migration_plan import plan
from studio_kernel.storage.migrations import Migration, Step, held_back, migrate, pending, waiting_steps
from studio_kernel.storage.sql import Statement


def step(name, *statements, phase=None):
    def apply(database):
        for text in statements:
            database.execute(Statement(text))

    return Step("demo", Migration(name, apply, f"What {name} does", phase))


FIRST = step("0001", "CREATE TABLE made (name VARCHAR(10), size INTEGER)")
ADDS = step("0002", "ALTER TABLE made ADD COLUMN colour VARCHAR(9)", "CREATE INDEX made_colour ON made (colour)")
CHANGES = step("0003", "UPDATE made SET colour = 'red'")
MAKES = step("0004", "CREATE TABLE others (name VARCHAR(10))", "CREATE INDEX others_name ON others (name)")
REMOVES = step("0005", "ALTER TABLE made DROP COLUMN size")
DECLARED = step("0006", "UPDATE made SET name = NULL", phase="contract")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database with 300 rows of the first step."""
    sqlite = f"sqlite:///{tmp_path / 'test.db'}"
    database = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(database, [FIRST])
    for number in range(300):
        database.execute(Statement("INSERT INTO made (name, size) VALUES ('n', :number)"), number=number)
    if request.param == "postgresql":
        database.execute(Statement("ANALYZE made"))
    yield database
    database.close()


def planned(database, *steps):
    every = [FIRST, *steps]
    return plan(database, every, waiting_steps(database, every))


def test_each_step_is_told_with_what_it_does_and_who_waits(database):
    found = {each.migration: each for each in planned(database, ADDS, CHANGES, MAKES, REMOVES, DECLARED)}
    assert [each.phase for each in found.values()] == ["expand", "expand", "expand", "contract", "contract"]
    assert [each.safe for each in found.values()] == [True, True, True, False, False]
    assert [each.declared for each in found.values()] == [False] * 4 + [True]
    assert [(each.table, each.does, each.rows) for each in found["0002"].effects] == [
        ("made", "adds the column colour", 0),
        ("made", "builds the index made_colour", 300),
    ]
    assert [(each.table, each.does, each.rows) for each in found["0003"].effects] == [("made", "changes rows", 300)]
    assert [(each.table, each.does, each.waits) for each in found["0004"].effects] == [
        ("others", "makes the table", "")
    ]
    (removes,) = found["0005"].effects
    assert (removes.does, removes.waits, removes.breaks_older) == ("drops a column", "everybody", True)


def test_a_column_that_older_processes_cant_fill_breaks_them(database):
    (found,) = planned(database, step("0002", "ALTER TABLE made ADD COLUMN must INTEGER NOT NULL DEFAULT 0"))
    assert found.safe
    # NOTE: SQLite takes no such column at all, so what is tried there fails, and counts as breaking.
    (found,) = planned(database, step("0002", "ALTER TABLE made ADD COLUMN must INTEGER NOT NULL"))
    assert not found.safe


def test_a_plan_touches_nothing(database):
    planned(database, ADDS, CHANGES, REMOVES)
    assert tables.column_names(database, "made") == ["name", "size"]
    assert [each.migration.name for each in pending(database, [FIRST, ADDS])] == ["0002"]


def test_what_breaks_older_processes_is_held_back_with_what_follows_it(database):
    contract = step("0003", "ALTER TABLE made DROP COLUMN size", phase="contract")
    steps = [FIRST, ADDS, contract, MAKES]
    assert held_back(database, pending(database, steps)) == [contract, MAKES]
    assert migrate(database, steps) == [ADDS]
    # What the version before does still works.
    database.execute(Statement("INSERT INTO made (name, size) VALUES ('older', 1)"))
    assert database.value(Statement("SELECT COUNT(size) FROM made")) == 301
    assert migrate(database, steps, contract=True) == [contract, MAKES]
    assert "size" not in tables.column_names(database, "made")


def test_a_fresh_install_has_no_older_processes(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'fresh.db'}")
    contract = step("0002", "ALTER TABLE made DROP COLUMN size", phase="contract")
    assert migrate(database, [FIRST, contract]) == [FIRST, contract]
    database.close()


def test_the_command_plans_holds_back_and_contracts(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STUDIO_PLUGINS_DISABLED", ",".join(BUILT_IN))

    def run(*arguments, code=0):
        result = CliRunner().invoke(command, ["migrate", *arguments], catch_exceptions=False)
        assert result.exit_code == code
        return result.stdout

    assert "To be applied before serving: kernel 0001" in run("--check", code=1)
    assert json.loads(run("--check", "--json", code=1))["ready"] is False
    run()
    assert run("--check") == "Nothing has to be done before serving.\n"
    drop = Migration("9999_drop", lambda database: database.execute(Statement("DROP TABLE marks")), "Drops", "contract")
    monkeypatch.setattr(kernel_schema, "MIGRATIONS", (*kernel_schema.MIGRATIONS, drop))
    text = run("--plan")
    assert "kernel 9999_drop: Drops (contract: BREAKS OLDER PROCESSES)" in text
    assert "marks: drops the table" in text
    (detail,) = json.loads(run("--plan", "--json"))["details"]
    assert (detail["held_back"], detail["safe"], detail["declared"]) == (True, False, True)
    assert "studio migrate --contract" in run()
    assert run("--check") == "Nothing has to be done before serving.\n"
    checked = json.loads(run("--check", "--json"))
    assert (checked["ready"], checked["steps"]) == (True, [])
    assert [each["migration"] for each in checked["held_back"]] == ["9999_drop"]
    with open_for_migration() as (database, steps, _):
        assert [each.migration.name for each in waiting_steps(database, steps)] == ["9999_drop"]
    assert "Applied kernel 9999_drop" in run("--contract")
    assert "Nothing to do." in run()


# -- upgrades of tables with data ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Every step of the kernel and the built-in plugins, in order."""
    found = [each for each in installed_plugins() if each.name in BUILT_IN]
    manager, _, declared, _ = load_plugins(
        found=found, environment={}, overrides={"home": str(tmp_path_factory.mktemp("shipped"))}
    )
    steps = [Step("kernel", migration) for migration in kernel_schema.MIGRATIONS]
    return steps + [Step(each.name, one) for each in manager.active for one in declared[each.name].migrations]


# Tables that refer to others, or that only the platform itself can fill.
LEFT_ALONE = {"schema_migrations", "graph_edges", "vector_metadata", "fulltext_passages"}


def fill(database, table):
    """Two rows with a value of its type in each column."""
    kinds = {name: kind for name, kind, _ in database.rows(tables._COLUMNS, table=table)}
    filler = tables.Filler(database, table, list(kinds))
    for number in (1, 2):
        filler.add([[value_of(kind, number) for kind in kinds.values()]])
    filler.settle()


def value_of(kind, number):
    if "int" in kind or "real" in kind or "numeric" in kind or "double" in kind:
        return number
    if kind == "boolean":
        return True
    return b"x" if kind in ("blob", "bytea") else f"{number}"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_step_keeps_the_rows_of_the_schema_before_and_may_be_interrupted(kind, shipped, request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'upgrade.db'}"
    database = open_database(sqlite if kind == "sqlite" else request.getfixturevalue("postgres_url"))
    filled = {}
    for number, each in enumerate(shipped):
        _interrupted(database, shipped[: number + 1], each)
        migrate(database, shipped[: number + 1], contract=True)
        for table in sorted(set(tables.table_names(database)) - filled.keys() - LEFT_ALONE):
            if not tables.count(database, table):
                fill(database, table)
            filled[table] = (tables.count(database, table), tables.column_names(database, table))
    assert pending(database, shipped) == []
    assert len(filled) > 40
    for table, (rows, columns) in filled.items():
        assert tables.count(database, table) == rows
        assert set(columns) <= set(tables.column_names(database, table))
    database.close()


def _interrupted(database, steps, last):
    """Run the last step to its end and let it fail there: nothing of it may be left."""

    def fail(inner):
        last.migration.apply(inner)
        raise KeyboardInterrupt

    before = tables.table_names(database)
    broken = Step(last.plugin, Migration(last.migration.name, fail))
    with pytest.raises(KeyboardInterrupt):
        migrate(database, [*steps[:-1], broken], contract=True)
    assert [each for each in tables.table_names(database) if each != "schema_migrations"] == [
        each for each in before if each != "schema_migrations"
    ]
    assert [each.migration.name for each in pending(database, steps)] == [last.migration.name]
