# Two commands do all the set-up: `make atlas` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# CI installs the versions that were tested; everyone else the newest that pyproject.toml allows.
LOCK := $(if $(CI),--constraint constraints.txt)
# CI runs the tests of Spark too (half a gigabyte, and Java); elsewhere `pip install '.[spark]'` asks for them.
EXTRAS := $(if $(CI),[spark])

.PHONY: atlas test lint faults bench docs atlas-check lock audit clean
.DELETE_ON_ERROR:

$(STAMP): pyproject.toml Makefile $(if $(CI),constraints.txt)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(LOCK) --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(LOCK) --editable ".$(EXTRAS)" --group dev
	touch $@

atlas: $(STAMP)
	$(BIN)/geolls atlas --out out/atlas

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/lint_js.py

test: lint
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# Every page of a whole atlas in a browser; `make test` opens a seeded sample of 40.
atlas-check: $(STAMP)
	$(BIN)/geolls atlas --out out/atlas --resume
	$(BIN)/python tools/open_atlas.py out/atlas

# The long run of faults and bad input; writes docs/faults.md.
faults: $(STAMP)
	$(BIN)/python tests/faults/run.py
	GEOLLS_EVERY_PLACE=1 $(BIN)/python -m pytest -q --hypothesis-profile=long \
	  tests/oracle/test_intervals_real.py tests/checks/test_labels.py \
	  tests/faults/test_hostile_pages.py tests/property \
	  tests/packaging/test_docs.py::test_the_page_on_scenarios_is_what_the_register_gives

# Side by side with what people use today; writes docs/performance.md.
bench: $(STAMP)
	-$(BIN)/python -m pip install --quiet -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks

docs: $(STAMP)
	$(BIN)/python tools/draw_house.py
	$(BIN)/python tools/write_docs.py
	$(BIN)/zensical build --strict

# The versions in .venv become those of CI; commit constraints.txt when `make test` has passed.
lock: $(STAMP)
	$(BIN)/python tools/lock.py

# Ask the public services whether a locked version is known to be vulnerable. The auditor has a
# place of its own; --strict: what could not be asked about is a failure, not a pass.
audit:
	$(PYTHON) -m venv out/audit
	out/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9'
	out/audit/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off \
	  --requirement constraints.txt

clean:
	rm -rf out .venv
