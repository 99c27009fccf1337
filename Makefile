# Every target sets up what it needs first: .venv, from Python 3.11+ and pip alone.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
SETUP := .venv/.synced
# More workers than cores: conformance cases spend half their time waiting for the provider's own delays.
WORKERS ?= 4
MIRROR = DRIFTMGR_PROVIDER_MIRROR="$$($(BIN)/python tools/find_provider_mirror.py || true)"
PURE := $(wildcard tests/model tests/catalog tests/drift tests/policy)

.PHONY: help setup demo test check format bench coverage docs sdk clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: $(SETUP) ## Make .venv, once
$(SETUP): pyproject.toml uv.lock tools/bootstrap.sh
	@sh tools/bootstrap.sh

demo: $(SETUP) ## An estate on two simulated clouds, changes behind Terraform's back, and the report
	@$(BIN)/python -m demo.run

test: $(SETUP) ## All tests; ends with what was skipped and why
	@$(MIRROR) $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

check: $(SETUP) ## Format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(SETUP) ## Put the code into its form, fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

coverage: $(SETUP) ## All branches of the pure core, by its own tests
	@$(BIN)/coverage run -m pytest -q $(PURE)
	@$(BIN)/coverage report

bench: $(SETUP) ## The ratios of docs/performance.md, measured anew
	@$(MIRROR) $(BIN)/python benchmarks/run.py --write

sdk: $(SETUP) ## The Python SDK for providers, in .cache, for the tests that run one
	@UV_PROJECT_ENVIRONMENT=.cache/tf-provider UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy \
		$(BIN)/uv sync --quiet --frozen --only-group tf-provider --python $(BIN)/python

docs: $(SETUP) ## Write the generated pages anew
	@$(BIN)/python tools/make_docs.py

clean: ## Remove what was made here
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage dist
