# Everything a person needs from this checkout. `make run` first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.SUFFIXES:

py := .venv/bin/python
packages := router channels queues crm_sync console config
checked := $(wildcard $(packages) tests bench .ci)
typed := $(wildcard $(packages) tests bench)

.PHONY: run test check soak bench docs record screens

# Start the desk: SQLite, no account, no server. FRONTEND=no does without the web pages.
run: .venv/.runtime
	@[[ "$${FRONTEND:-yes}" == no ]] || $(py) .ci/frontend.py build
	@exec $(py) -m router all

# Everything that runs, with the real servers and a browser. ARGS= goes to pytest; -n0 for one process.
test: .venv/.dev
	@.ci/servers postgresql redis chromium wrk
	@$(py) .ci/frontend.py build
	@$(py) .ci/frontend.py test
	@$(py) -m pytest -m "not soak" -n auto --maxprocesses 4 --dist worksteal --durations 20 $(ARGS)

# Format, lint, types, layers, budgets, documents.
check: .venv/.dev
	@$(py) -m ruff format --check $(checked)
	@$(py) -m ruff check $(checked)
	@$(py) -m mypy $(typed)
	@.venv/bin/lint-imports
	@$(py) .ci/frontend.py check
	@$(py) -m pytest -q tests/test_budgets.py tests/test_documents.py

# The long proofs: repeated kills, simulated months, chaos. SCALE=10 for ten times as long.
soak: .venv/.dev
	@.ci/servers postgresql redis
	@SCALE="$${SCALE:-1}" $(py) -m pytest -m soak --timeout=1200 $(ARGS)

# Every row of the speed table beside its floor, measured in the same run: make bench ARGS="inbound"
bench: .venv/.dev
	@.ci/servers postgresql redis wrk
	@$(py) .ci/frontend.py build
	@$(py) -m bench $(ARGS)

# Make the documents that are made from code.
docs: .venv/.dev
	@PYTHONPATH=. $(py) .ci/documents.py

# Capture what a provider sends, as a recording for the tests: make record ARGS="telegram --port 8090"
record: .venv/.dev
	@$(py) -m tests.record $(ARGS)

# Take the pictures of the console and the widget into docs/screens.
screens: .venv/.dev
	@.ci/servers chromium
	@$(py) .ci/frontend.py build
	@$(py) -m tests.screens $(ARGS)

.venv/.runtime: requirements.lock
	@.ci/environment requirements.lock

.venv/.dev: requirements-dev.lock
	@.ci/environment requirements-dev.lock
