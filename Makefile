# Two commands do all the set-up: `make atlas` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: atlas test lint faults bench docs atlas-check clean
.DELETE_ON_ERROR:

$(STAMP): pyproject.toml Makefile
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

atlas: $(STAMP)
	$(BIN)/geolls atlas --out out/atlas

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# Every page of a whole atlas in a browser; `make test` opens a seeded sample of 40.
atlas-check: $(STAMP)
	$(BIN)/geolls atlas --out out/atlas --resume
	$(BIN)/python tools/open_atlas.py out/atlas

# The long run of faults and bad input; writes docs/faults.md.
faults: $(STAMP)
	$(BIN)/python tests/faults/run.py

# Side by side with what people use today; writes docs/performance.md.
bench: $(STAMP)
	$(BIN)/python -m benchmarks

docs: $(STAMP)
	$(BIN)/python tools/write_docs.py
	$(BIN)/zensical build --strict

clean:
	rm -rf out .venv
