# Two commands on a fresh machine: `make run` and `make test`. They need Python 3.11, make and the package registry.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test coverage bench lock golden clean

run: $(VENV)/.installed
	$(BIN)/her2-cds serve --config examples/demo.yaml

test: $(VENV)/.installed-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses=auto --dist=loadfile

# The tests once more, with the lines and branches that they pass; a third slower.
coverage: $(VENV)/.installed-dev
	$(BIN)/pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# Rewrites the golden cards from what the service says now; read the difference before you commit it.
golden: $(VENV)/.installed-dev
	GOLDEN=write $(BIN)/pytest -q tests/cards/test_golden.py tests/cards/test_view.py tests/cards/test_rules_page.py tests/cards/test_specimens.py

# Pins every dependency with its hashes, for every platform.
lock: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras \
		--no-emit-index-url --group build --extra simulate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras \
		--no-emit-index-url --group dev --extra spark -c requirements.lock pyproject.toml -o requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
