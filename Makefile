# `make demo` runs the main job, `make test` passes the tests; each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint test-lowest bench record clean

demo: $(READY)
	@$(BIN)/ireserve-integrations demo

test: lint
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --cov --cov-report=term-missing:skip-covered $(PYTEST)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# The oldest versions that pyproject.toml admits, in an environment of their own.
test-lowest:
	@$(PYTHON) -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --upgrade pip
	@.venv-lowest/bin/python -m pip install --quiet --constraint constraints-lowest.txt --editable . --group dev
	@.venv-lowest/bin/python -m pytest --numprocesses=auto $(PYTEST)

bench: $(READY)
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Records every cassette again, from the sandboxes, and tabulates them in cassettes/README.md.
record: $(READY)
	@$(BIN)/python -m pytest -m vcr --record-mode=rewrite
	@$(BIN)/python -m ireserve_integrations.testing.cassettes cassettes

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	@touch $(READY)

clean:
	@rm -rf $(VENV) .venv-lowest .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
