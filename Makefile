# Each target makes what it needs. `make run` and `make test` are all that a newcomer has to know.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input -qq

.PHONY: run install setup test test-fast check lock format messages pictures bench profile clean

run: $(VENV)/run.stamp
	@$(BIN)/examengine serve --demo

install: $(VENV)/run.stamp

setup: $(VENV)/dev.stamp

$(BIN)/pip:
	@echo "Making the virtual environment …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing the locked dependencies …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing what development and tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

test: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.run

test-fast: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.run --fast

check: $(VENV)/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/dev.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/dev.stamp
	@$(BIN)/uv pip compile -q pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock
	@$(BIN)/uv pip compile -q pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements-dev.lock

messages: $(VENV)/dev.stamp
	@$(BIN)/python -m scripts.messages

pictures: $(VENV)/dev.stamp
	@$(BIN)/python -m scripts.pictures

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.run

# make profile NAME=save (or start, page, submit, result): where the time of a step goes
profile: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.profile $(NAME)

clean:
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
