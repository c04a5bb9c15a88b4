# Everything a checkout needs from a bare Python 3.11+: each target sets itself up.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PROJECTS := $(wildcard pyproject.toml kernel/pyproject.toml plugins/*/pyproject.toml sdk/python/pyproject.toml)
DEMO_HOME ?= $(CURDIR)/.demo

# Many processes are started here; where Python is told not to keep what it compiled, each would compile all of it again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install run test check bench fleet soak docs site clean

help:
	@echo "make run      set up and start with a demonstration project"
	@echo "make install  leave the command .venv/bin/studio"
	@echo "make test     set up and run every test"
	@echo "make check    style, types, allowed imports, freshness of the generated documents"
	@echo "make docs     write the generated documents again"
	@echo "make site     write the documentation as a web site to build/site"
	@echo "make bench    measure everything that is promised about speed, peers included"
	@echo "make soak     the same fleet, left alone: do memory and open files stay as they are?"
	@echo "make fleet    bring up a whole fleet, let things die under load, and see that nothing is lost"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python constraints.txt requirements-run.txt $(PROJECTS)
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements-run.txt
	@touch $@

$(VENV)/.dev: $(BIN)/python constraints.txt requirements-dev.txt $(PROJECTS)
	$(PIP) install --quiet --constraint constraints.txt --requirement requirements-dev.txt
	@touch $@ $(VENV)/.run

install: $(VENV)/.run

run: $(VENV)/.run
	STUDIO_HOME="$(DEMO_HOME)" $(BIN)/python tools/demo.py --host $(HOST) --port $(PORT)

# In the order of the files: the longest come first, and the many small ones fill both processes to the end.
test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/reference.py --check
	PYTHONPATH=tools $(BIN)/python -m sdk --check
	$(BIN)/python -m studio_portal.docs --check

docs: $(VENV)/.dev
	$(BIN)/python tools/reference.py
	PYTHONPATH=tools $(BIN)/python -m sdk

site: $(VENV)/.run
	$(BIN)/python -m studio_portal.docs --out build/site

bench: $(VENV)/.dev benchmarks/requirements.txt
	$(PIP) install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python -m benchmarks $(ARGS)

fleet: $(VENV)/.dev
	PYTHONPATH=tools $(BIN)/python -m fleet $(ARGS)

soak: $(VENV)/.dev
	PYTHONPATH=tools $(BIN)/python -m fleet.soak $(ARGS)

clean:
	rm -rf $(VENV) .demo build .mypy_cache .ruff_cache .pytest_cache
