# Every verb does its own set-up: python3 (with venv) and make are all it needs.
PYTHON ?= python3
VENV := .venv
TRAIN := .venv-train
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-all check lock train figures clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(READY): requirements/test.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

demo: $(READY)  ## run the bot on 25 mails and show what it did
	$(BIN)/consentry demo

test: $(READY) check  ## checks and tests, without the long ones
	$(BIN)/pytest -n 2 -m "not slow"

test-all: $(READY) check  ## everything
	$(BIN)/pytest -n 2

check: $(READY)  ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(READY)  ## resolve the dependencies again, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra test pyproject.toml -o requirements/test.lock

$(TRAIN)/.ready: pyproject.toml
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[train]"
	touch $@

train: $(TRAIN)/.ready  ## the reader's weights again, from the corpus (half an hour on two cores)
	OMP_WAIT_POLICY=PASSIVE $(TRAIN)/bin/python -m nlp.training

figures: $(READY)  ## score the reader: docs/classifier-figures.md
	$(BIN)/python -m benchmarks.understanding

clean:  ## remove what was built
	rm -rf $(VENV) $(TRAIN) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
