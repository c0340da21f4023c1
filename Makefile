# Two commands do everything: `make run` and `make test`. PYTHON is a Python 3.11 or newer with pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input
INTO := $(PIP) --python $(BIN)/python install --quiet
export PIP_ROOT_USER_ACTION := ignore

.PHONY: run setup test test-quick test-slow check docs fuzz bench constraints clean

run: setup  ## boot the emulated zone, compile the quickstart, run it to its verdict
	$(BIN)/erisc lab up
	$(BIN)/erisc run examples/quickstart.eris

setup: $(VENV)/.base

# No `python -m venv`: Debian ships it apart. uv, installed by pip into a folder of its own, makes the environment.
$(VENV)/.base: constraints/boot.txt constraints/build.txt constraints/base.txt pyproject.toml
	@echo "setting up $(VENV)"
	@$(PIP) install --quiet --upgrade --target $(VENV)/boot --require-hashes -r constraints/boot.txt
	@test -x $(BIN)/python || $(VENV)/boot/bin/uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	@$(INTO) --require-hashes -r constraints/build.txt -r constraints/base.txt
	@$(INTO) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base constraints/dev.txt
	@echo "adding the developer's tools"
	@$(INTO) --require-hashes -r constraints/dev.txt
	@touch $@

test: $(VENV)/.dev  ## everything but the slow checks, on a real zone
	$(BIN)/python -m pytest -m "not slow"

test-quick: $(VENV)/.dev  ## what needs no zone
	$(BIN)/python -m pytest -m "not slow and not zone"

test-slow: $(VENV)/.dev  ## the long checks too
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## types, style, walls
	$(BIN)/mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

docs: $(VENV)/.dev  ## what is made of the source: docs/errors, docs/stdlib.md, the editors' grammars
	$(BIN)/python -m erisc.reference

fuzz: $(VENV)/.dev  ## the compiler on inputs led by coverage, for SECONDS (60); the corpus is kept in the cache
	$(BIN)/python tests/fuzz/harness.py --seconds $(or $(SECONDS),60)

bench: $(VENV)/.dev  ## speed, as ratios against named peers in the same run
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/language.py
	$(BIN)/python benchmarks/intervals.py

constraints: $(VENV)/.base  ## pin every environment again: name, version, hash
	for name in boot build base dev drivers lsp zone ansible history; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate constraints/$$name.in -o constraints/$$name.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
