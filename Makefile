# Needs Python 3.11 or later and make; everything else goes into .venv, at the versions of requirements/dev.lock.
# On its own, `make` lists what there is.

PYTHON ?= python3
PORT ?= 3000
KEEP ?=
DOCKER ?=
TESTS ?= tests
TODAY = $(shell date -u +%Y%m%d)
UV_VERSION := 0.13.9

BIN := .venv/bin
UV := $(BIN)/uv
READY := .venv/.ready
export SAM_CLI_TELEMETRY := 0
# Where Python is told to keep no bytecode, each of the many processes of a test run would compile all it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test fuzz simulate faults mutants lint format build lock bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ': |## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$NF}' $(MAKEFILE_LIST)

run: $(READY) ## serve the whole stack on this machine (PORT=3000; KEEP=1 goes on with the last run's data; DOCKER=1 lets containers in)
	@$(BIN)/loyalty run --port $(PORT) $(if $(filter-out 0,$(KEEP)),--keep) $(if $(filter-out 0,$(DOCKER)),--docker)

test: $(READY) ## play the simulation with seeds of today, and run the tests (TESTS=tests/unit for some of them; SEED= OPS=100000)
	@$(if $(filter tests,$(TESTS)),$(BIN)/python -m tests.simulation --as-is \
		--seed $(or $(SEED),$(TODAY)000) --ops $(or $(OPS),100000))
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

fuzz: $(READY) ## send 2,000 made-up requests to the stack (seven minutes)
	@FUZZ_CASES=2000 $(BIN)/pytest tests/e2e/test_fuzz.py

simulate: $(READY) ## run the engine in a world of its own, with all faults (SEED=1 OPS=10000)
	@$(BIN)/python -m tests.simulation --seed $(or $(SEED),1) --ops $(or $(OPS),10000)

faults: $(READY) ## play each fault at each call of each use case, and write docs/fault-table.md (four minutes)
	@$(BIN)/python -m tests.simulation.fault_page

mutants: $(READY) ## plant small faults in the code that moves money, each of which a test has to notice (AREA=limits for one area)
	@$(BIN)/python -m tests.mutants $(AREA)

lint: $(READY) ## check style, format, types and the template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "checking types ..."
	@$(BIN)/mypy
	@echo "checking the template ..."
	@$(BIN)/sam validate --lint

format: $(READY) ## put the code into its format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

build: $(READY) ## build functions and layer for AWS
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam build
	@$(BIN)/python -m cli.built_layer

lock: $(UV) ## bring the locked versions in line with what pyproject.toml and the layer ask for
	@echo "resolving ..."
	@$(UV) pip compile --quiet --generate-hashes --python-version 3.11 --universal --no-header --no-annotate \
		--all-extras pyproject.toml --output-file requirements/dev.lock
	@$(UV) pip compile --quiet --generate-hashes --python-version 3.11 --universal --no-header --no-annotate \
		--constraints requirements/dev.lock layers/common/requirements.in --output-file layers/common/requirements.txt

bench: $(READY) ## measure all that has a goal, beside an earlier revision and a plain variant (needs valgrind; takes long)
	@$(BIN)/python -m bench

clean: ## remove all that was built, installed or kept
	@rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis

# $(error) tells what is amiss in one line; it is reached only as the recipe runs.
$(UV):
	$(if $(shell command -v $(PYTHON)),,$(error There is no $(PYTHON) here: name Python 3.11 or later: make PYTHON=python3.13 ...))
	$(if $(shell $(PYTHON) -c 'import sys; print("x" * (sys.version_info >= (3, 11)))'),,$(error $(shell \
		$(PYTHON) --version 2>&1) is too old: name Python 3.11 or later: make PYTHON=python3.13 ...))
	$(if $(shell $(PYTHON) -c 'import ensurepip, venv; print("x")' 2>/dev/null),,$(error $(PYTHON) lacks its module \
		venv: install it, for instance with `apt install python3-venv`))
	@echo "installing uv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check uv==$(UV_VERSION)

$(READY): requirements/dev.lock pyproject.toml | $(UV)
	@echo "installing the locked packages ..."
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
