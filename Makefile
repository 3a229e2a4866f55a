# Two commands on a fresh machine: `make run` and `make test`. They need Python 3.11 or later, make and the package
# registry. The newest Python found creates the environment; PYTHON= names another, PORT= another port.
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
CORES := $(shell getconf _NPROCESSORS_ONLN)
# Two more workers than cores: many tests wait for a server, a timer or a browser.
WORKERS ?= $(shell expr $(CORES) + 2)
PYTEST := $(BIN)/pytest

.PHONY: run test test-fast lint soak coverage bench lock golden sign-off clean install install-dev lowest pythons

# The port is checked first, so that nobody waits for an installation only to find that it is in use.
run:
	@python=$$(PYTHON="$(PYTHON)" scripts/find-python) && "$$python" scripts/port_is_free.py "$(PORT)"
	@$(MAKE) --no-print-directory install
	$(BIN)/her2-cds serve --config examples/demo.yaml --port $(PORT)

test: install-dev
	@$(call beside_lint,$(PYTEST) --processes=$(WORKERS))

# While you work: lint, types, import contracts, the rules and the FHIR mapping; a minute, not the whole check. These
# tests wait for nothing.
test-fast: install-dev
	@$(call beside_lint,$(PYTEST) --processes=$(CORES) tests/cards tests/fhir_mappings)

# Lint and types run while tests wait for servers and browsers; their output comes last.
define beside_lint
$(MAKE) --no-print-directory lint >$(VENV)/lint.log 2>&1 & lint=$$!; \
	$(1); tests=$$?; \
	wait $$lint; lint=$$?; \
	cat $(VENV)/lint.log; \
	exit $$((tests + lint))
endef

lint: install-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint --quiet --deny-warnings cds_service/static
	$(BIN)/hadolint Dockerfile

# Takes hours, and the whole machine: the suite three times with more of everything, to find flaky tests, and twice ahead of
# time; then, one after the other, load, feedback, failing machines and a cluster (as root: network namespaces).
soak: install-dev
	for run in 1 2 3; do SOAK=1 $(PYTEST) --processes=$(WORKERS) --ignore=tests/soak || exit 1; done
	for days in 212 1095; do scripts/ahead-of-time $$days $(PYTEST) --processes=$(WORKERS) || exit 1; done
	SOAK=1 $(BIN)/pytest -o faulthandler_timeout=0 tests/soak

# Installs and starts the lowest versions that pyproject.toml allows; needs the registry, and a minute or two.
lowest:
	@python=$$(PYTHON="$(PYTHON)" scripts/find-python) && scripts/try-installation "$$python" lowest

# The same with the locked versions, for every installed Python.
pythons:
	@for python in python3.11 python3.12 python3.13 python3.14; do \
		if PYTHON=$$python scripts/find-python >/dev/null 2>&1; then scripts/try-installation $$python || exit 1; \
		else echo "$$python is not here"; fi; done

# The tests with line and branch coverage; a third slower.
coverage: install-dev
	$(PYTEST) --numprocesses=$(WORKERS) --dist=loadfile --cov --cov-report=term

bench: install-dev
	$(BIN)/python -m benchmarks

# Rewrites the golden cards from what the service shows now; read the diff before you commit it.
golden: install-dev
	GOLDEN=write $(BIN)/pytest -q tests/cards/test_golden.py tests/cards/test_golden_lines.py tests/fhir_mappings/test_golden_unchecked.py tests/cards/test_site_rule_laws.py tests/cards/test_view.py tests/cards/test_rules_page.py tests/cards/test_specimens.py

# The sheet on which a pharmacist signs a release. SINCE=TAG: only what changed since that release.
sign-off: $(VENV)/.installed
	@$(if $(SINCE),git show "$(SINCE):docs/rules.md" > .signed-rules.md && )$(BIN)/python scripts/sign_off.py docs/rules.md \
		--release "$$($(BIN)/her2-cds --version | sed 's/.* //')" $(if $(SINCE),--since .signed-rules.md)
	@rm -f .signed-rules.md

# Pins every dependency with its hashes, for every platform: the service, each extra, and the tests.
# An extra that one package requires of another stays in the lock: without it, pip before 23.3 looks for a newer version.
lock: install-dev
	$(BIN)/pip install --quiet uv
	$(BIN)/uv --no-config pip compile $(LOCK) --group build pyproject.toml -o requirements.lock
	$(BIN)/uv --no-config pip compile $(LOCK) --extra charts -c requirements.lock pyproject.toml -o requirements-charts.lock
	$(BIN)/uv --no-config pip compile $(LOCK) --extra otel -c requirements.lock pyproject.toml -o requirements-otel.lock
	$(BIN)/uv --no-config pip compile $(LOCK) --extra simulate -c requirements.lock pyproject.toml -o requirements-simulate.lock
	$(BIN)/uv --no-config pip compile $(LOCK) --group dev --extra charts --extra otel --extra spark \
		-c requirements.lock -c requirements-charts.lock -c requirements-otel.lock -c requirements-simulate.lock pyproject.toml -o requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@python=$$(PYTHON="$(PYTHON)" scripts/find-python) && echo "$$python -m venv $(VENV)" && "$$python" -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml setup.py scripts/install | $(BIN)/python
	scripts/install $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	scripts/install $(VENV) requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
