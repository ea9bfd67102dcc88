# Everything is installed into .venv, node_modules and build; `make clean` takes it away again.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python that is new enough. A pyenv shim may exist and not work: so it is asked, not looked up.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := $(PIP) install --no-deps --require-hashes -r
# The PyPI wheel puts Node there when the machine has none.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests start hundreds of Pythons: where this is set, each of them would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test year benchmark gen gen-check lint format types lock peers node clean

help:  ## this list
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/runtime  ## a blank virtual board becomes a pole in a street of three (KEEP=1 leaves them running)
	@$(BIN)/yigan demo $(if $(KEEP),--keep)

PYTEST = $(BIN)/python -m pytest -q -rfEs $(if $(STRICT),--strict-skips)
FAILED = .pytest_cache/v/cache/lastfailed
# More workers than cores, since many tests wait; in the order of conftest.py, the longest files first.
WORKERS = -n 5 --dist loadfile --no-loadscope-reorder

test: .venv/dev lint types gen-check peers node  ## all tests (STRICT=1: none may be skipped)
	@rm -f $(FAILED); $(PYTEST) $(WORKERS) $(ARGS) || { \
		test -s $(FAILED) || exit 1; \
		echo "once more, alone, the files in which something failed: a machine that was busy is told from a bug"; \
		$(PYTEST) $$($(BIN)/python -c 'import json; print(*sorted({test.partition("::")[0] for test in json.load(open("$(FAILED)"))}))'); }

year: .venv/dev  ## a year of nights on the whole virtual board, against an independent oracle (hours; MONTHS=7 for one)
	@$(PYTEST) -m year -n 2
	@rm -rf build/year && PYTHONPATH=host_tools/tests $(BIN)/python -m lighting.board_year build/year $(if $(MONTHS),--months $(MONTHS))

benchmark: .venv/dev node  ## ours and the peers side by side (ONLY=nmea, JSON=1)
	@$(BIN)/python -m benchmarks --only "$(ONLY)" $(if $(JSON),--json)

fuzz: .venv/dev  ## a million mutated frames over all codecs, then ten thousand each on the VM (SEED=7)
	@export PYTHONPATH=firmware:firmware/tests MICROPYPATH=.frozen:firmware:firmware/tests; \
	$(BIN)/python firmware/tests/fuzz.py 1000000 $(SEED) && \
	$(BIN)/micropython -X heapsize=4m firmware/tests/fuzz.py 270000 $(SEED)

gen: .venv/runtime  ## write docs/generated from the point table
	@$(BIN)/yigan gen

gen-check: .venv/runtime  ## is docs/generated what the point table says?
	@$(BIN)/yigan gen --check

lint: .venv/dev  ## ruff
	@$(BIN)/ruff check .

format: .venv/dev  ## ruff's formatter over everything
	@$(BIN)/ruff check --fix --select I .
	@$(BIN)/ruff format .

types: .venv/dev build/typings/esp32/.done build/typings/rp2/.done  ## mypy: the firmware against both ports' stubs
	@for port in esp32 rp2; do echo "firmware on $$port:"; \
		$(BIN)/python -m mypy --config-file firmware/mypy-$$port.ini || exit 1; done

peers:
	@.ci/peers

node: .venv/dev
	@command -v npm >/dev/null || { echo "no Node here: taking the one from PyPI"; $(LOCKED) locks/node.lock; }
	@$(MAKE) --no-print-directory node_modules/.done || echo "npm could not install: tests on 32-bit MicroPython will be skipped" >&2

node_modules/.done: package-lock.json package.json
	@npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

build/typings/%/.done: locks/typings-%.lock | .venv/dev
	@rm -rf $(@D)
	@$(LOCKED) $< --target $(@D)
	@touch $@

# The environment in two steps: what a user needs, then what the tests need.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "yigan needs Python 3.11 or newer (set PYTHON=...)" >&2; exit 1; }
	@echo "setting up .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module does not work here (on Debian: apt-get install python3-venv)" >&2; exit 1; }

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	@$(LOCKED) requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	@$(LOCKED) requirements-dev.lock
	@touch $@

UV = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate
lock: .venv/bin/python  ## newer versions of everything, with hashes
	@$(BIN)/python -m venv build/lock && build/lock/bin/python -m pip install --quiet uv
	@$(UV) --upgrade pyproject.toml -o requirements.lock
	@$(UV) --upgrade --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@for lock in locks/*.lock; do $(UV) <(sed -n 's/^\([a-z0-9-]*==[^ ]*\).*/\1/p' $$lock) -o $$lock; done

clean:  ## take away all that was installed or built
	@rm -rf .venv build node_modules .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
