# Two commands are enough: `make demo` and `make test`. Each sets up what it needs inside
# this folder and asks no host but the package index.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PARTS := tap-kit tap-sigen tap-solaredge target-duckdb simulator
EDITABLE := $(addprefix -e ./,$(PARTS)) -e './ops[demo]'
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
PROJECTS := pyproject.toml $(addsuffix /pyproject.toml,$(PARTS) ops)

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit lint format constraints clean

help: ## Show these lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/.runtime ## Install what the pipeline needs into .venv

demo: $(VENV)/.runtime ## Run the whole chain on simulated clouds; needs no account
	@$(BIN)/solar demo

test: lint ## Run the whole suite, linters first
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

unit: $(VENV)/.dev ## Run the quick tests only
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(VENV)/.dev ## Check style, types and SQL
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@mkdir -p .meltano/lint
	@WAREHOUSE_DUCKDB_PATH=$(CURDIR)/.meltano/lint/lint.duckdb \
	  DBT_TARGET_PATH=$(CURDIR)/.meltano/lint DBT_LOG_PATH=$(CURDIR)/.meltano/lint \
	  $(BIN)/sqlfluff lint --processes 2 --disable-progress-bar --config transform/.sqlfluff transform/models

format: $(VENV)/.dev ## Put the code into the house style
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

constraints: $(VENV)/.dev ## Resolve anew and write constraints.txt
	@PATH=$(BIN):$$PATH ./scripts/constraints

clean: ## Remove everything that make and the demo have written
	rm -rf $(VENV) .meltano data output .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module does not work; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: constraints.txt $(PROJECTS) | $(BIN)/python
	@echo "Installing into $(VENV), once; this takes a minute ..."
	@$(PIP) --upgrade pip
	@$(PIP) hatchling editables setuptools wheel
	@$(PIP) --no-build-isolation $(EDITABLE)
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	@$(PIP) --group dev --group postgres-embedded
	@touch $@
