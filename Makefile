# gongzhi. Needs Python 3.11 or later and make; everything else is fetched. `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# The lists are complete, so that pip need not look for what a package asks for.
PIP := $(PY) -m pip --disable-pip-version-check install -qq --no-compile --no-deps --require-hashes -r
# Compiled Python is kept: without it each of the many processes compiles the project anew.
unexport PYTHONDONTWRITEBYTECODE
JOBS ?= $(shell getconf _NPROCESSORS_ONLN || echo 2)
# What does not wait for the other is fetched and built side by side.
MAKEFLAGS += --jobs=$(JOBS)

CONSOLE := gongzhi/interfaces/console
BUILT := $(CONSOLE)/static/built/LICENSES.txt
NPM := PYTHON="$(CURDIR)/$(PY)" ./npm.sh
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard gongzhi/locale/*/LC_MESSAGES/*.po))
# A file stays with one worker, so that what its tests share is made once; long files are begun first.
PYTEST := $(PY) -m pytest tests --dist loadfile --no-loadscope-reorder
# A worker often waits, for a browser, a process or PostgreSQL: one more keeps the processors busy.
WORKERS := $(shell expr $(JOBS) + 1)
ON_SQLITE := $(PYTEST) --db=sqlite -n $(WORKERS)
ON_POSTGRES := $(PYTEST) --db=postgres -n $(WORKERS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo serve test bench check features lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

# What is made -------------------------------------------------------------------------------------

NEEDED := $(VENV)/.project $(BUILT) $(CATALOGUES)

setup: $(NEEDED) $(VENV)/.compiled ## Fetch and build all that running needs

$(VENV)/.made:
	@sh requirements/venv.sh $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.base: requirements/base.txt $(VENV)/.made
	@echo "Installing the Python packages (a minute or so)."
	@$(PIP) $<
	@touch $@

# Whoever runs the house may not be the one who may write here. Tests compile what they use, no more.
$(VENV)/.compiled: $(VENV)/.base
	@$(PY) -m compileall -qq -j $(JOBS) $(VENV)/lib || true
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.base
	@$(PY) -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.base | $(VENV)/.project
	@echo "Installing the test packages."
	@$(PIP) $<
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.base | $(VENV)/.project
	@$(PIP) $<
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json | $(VENV)/.base
	@echo "Fetching the browser libraries."
	@cd frontend && $(NPM) ci --loglevel=error
	@touch $@

$(BUILT): frontend/build.mjs frontend/echarts.js frontend/node_modules/.package-lock.json
	@cd frontend && $(NPM) run --silent build
	@touch $@

%.mo: %.po | $(VENV)/.base
	@rm -f $@
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@ \
		--locale=$(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))
	@test -e $@ || { echo "$< was not compiled: its header is marked fuzzy."; exit 1; }

# What is run --------------------------------------------------------------------------------------

demo: setup ## Play 30 days of an outbreak in Linjiang, then serve it (FRESH=1 begins anew)
	@$(BIN)/gongzhi demo $(if $(FRESH),--fresh)

serve: setup ## Serve what is there
	@$(BIN)/gongzhi serve

# The whole suite on SQLite, then on PostgreSQL the tests that can differ there (see tests/conftest.py).
# Both parts run even when the first fails. (Side by side they took as long.)
test: $(NEEDED) $(VENV)/.test ## Run every test on SQLite and on PostgreSQL
	@$(PY) -m tests.browser
	@status=0; \
	$(ON_SQLITE) --features-out=var/features/sqlite.json || status=1; \
	$(ON_POSTGRES) --only-database --features-out=var/features/postgres.json || status=1; \
	exit $$status

bench: setup $(VENV)/.bench ## Measure it, beside what else one could use
	@$(PY) -m bench

check: $(NEEDED) $(VENV)/.test ## Lint, import contracts, types
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/lint-imports || status=1; \
	$(BIN)/mypy --strict gongzhi/engines $(wildcard gongzhi/*/actions.py gongzhi/*/actions) || status=1; \
	exit $$status

# Results older than the code are made again, by the tests that claim a feature.
features: $(NEEDED) $(VENV)/.test ## Show which features are there, from a real run
	@$(PY) -m tests.browser
	@for database in sqlite postgres; do \
		results=var/features/$$database.json; \
		if [ ! -e $$results ] || [ -n "$$(find gongzhi tests parameters \
				-name '*.pyc' -prune -o -type f -newer $$results -print -quit)" ]; then \
			$(PYTEST) -n $(JOBS) -m "feature or begun or story" --db=$$database --features-out=$$results || true; \
		fi; \
	done
	@$(PY) -m tests.features

# What is kept -------------------------------------------------------------------------------------

UV := $(VENV)/lock/bin/uv
COMPILE := env -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_INDEX -u UV_FIND_LINKS \
	$(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --annotation-style line --custom-compile-command "make lock" \
	--excludes requirements/excluded.txt \
	$(if $(UPGRADE),--upgrade)

lock: $(VENV)/.made ## Pin the dependencies of pyproject.toml again (UPGRADE=1 takes newer ones)
	@test -x $(UV) || $(PY) -m venv $(VENV)/lock
	@test -x $(UV) || $(VENV)/lock/bin/python -m pip --disable-pip-version-check install -qq \
		--require-hashes -r requirements/lock.txt
	@$(COMPILE) pyproject.toml requirements/build.in --all-extras -o requirements/bench.txt
	@$(COMPILE) pyproject.toml requirements/build.in --extra test -c requirements/bench.txt -o requirements/test.txt
	@$(COMPILE) pyproject.toml requirements/build.in -c requirements/bench.txt -o requirements/base.txt
	@$(COMPILE) requirements/node.in -o requirements/node.txt
	@$(COMPILE) requirements/lock.in -o requirements/lock.txt
	@cd frontend && PYTHON="$(CURDIR)/$(PY)" ./npm.sh install --package-lock-only --loglevel=error

clean: ## Remove what was fetched and built; the data in var/ stay
	rm -rf $(VENV) frontend/node_modules $(CONSOLE)/static/built
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f $(CATALOGUES)
