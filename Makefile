# Everything a developer does, on a machine with git, make, a C++20 compiler and a supported Python.
# Work is done in .venv, or .venv-3.13 when OVERT_PYTHON_VERSION=3.13; stamps in it say what is done.

VENV := .venv$(addprefix -,$(OVERT_PYTHON_VERSION))
done := $(VENV)/.done
pip := $(VENV)/bin/python -m pip install -q --disable-pip-version-check
# Recipes see the tools of the virtual environment first: cmake, pytest, ruff, overt.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# Directories too: their time changes when a file in them is deleted.
sources := pyproject.toml CMakeLists.txt README.md LICENSE tools/install \
    $(shell find cmake core cli python -not -path '*/__pycache__*' -not -path 'core/tests*')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # one pip at a time in one virtual environment

.PHONY: setup
setup: $(done)/overt ## make .venv and install Overt into it

.PHONY: run
ifdef APP
run: setup ## run the shop under Overt, or your own program: make run APP="app.py --its arguments"
	overt run -- $(if $(filter %.py,$(firstword $(APP))),python )$(APP)
else
run: setup $(done)/shop
	python examples/shop/run.py --prefix "overt run --" $(ARGS)
endif

.PHONY: test
test: setup $(done)/test $(done)/shop $(done)/libraries-overt ## all tests; ARGS="-k word" goes to pytest
	tools/test $(VENV) $(ARGS)

.PHONY: lint
lint: setup $(done)/test $(done)/lint $(done)/shop ## check format, lint, types and stubs
	tools/lint

.PHONY: docs
docs: $(done)/docs ## the site, in build/docs; a broken link is an error
	sphinx-build -q -W --keep-going -b html docs build/docs
	@echo "docs: build/docs/index.html"

.PHONY: format
format: setup $(done)/lint ## format the sources, write the stub of the extension
	find core cli python -name '*.cpp' -o -name '*.h' | xargs clang-format -i
	ruff check --fix --exit-zero
	ruff format
	tools/stubs

.PHONY: bench
bench: setup $(done)/test $(done)/shop $(done)/bench ## run every script of bench/
	for script in bench/*.py; do echo "== $$script" && python "$$script" || exit; done

.PHONY: soak
soak: setup $(done)/test ## the long tier of the fault tests; prints seeds, OVERT_SEED=n repeats one
	$(VENV)/bin/pytest -m soak -s tests $(ARGS)

.PHONY: wheels
wheels: $(done)/venv ## the release, in dist/: sdist and manylinux wheels; ARGS="3.13": for that Python only
	tools/wheels $(VENV) $(ARGS)

.PHONY: suites
suites: setup ## the suites of real libraries, plainly and under Overt; ARGS="-v click" runs one
	OVERT_WHEEL=$(wildcard $(CURDIR)/$(VENV)/wheel/*.whl) python tests/suites/run.py $(ARGS)

.PHONY: fuzz
fuzz: setup ## run the corpora of the parsers under sanitizers; SECONDS=60: look for new inputs too
	tools/fuzz $(SECONDS)

.PHONY: sanitize
sanitize: setup $(done)/test ## the tests under sanitizers, tens of minutes; KIND=thread: for data races
	tools/sanitize $(VENV) $(or $(KIND),address) $(ARGS)

.PHONY: coverage
coverage: setup ## which conditions of the core its tests take both ways (clang 19)
	tools/coverage

.PHONY: clean
clean: ## remove everything that make made
	rm -rf build dist .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(done)/venv: tools/setup tools/find-python pyproject.toml
	tools/setup $(VENV)
	@mkdir -p $(@D) && touch $@

$(done)/overt: $(done)/venv $(sources)
	tools/install $(VENV)
	@touch $@

# The dependency groups of pyproject.toml.
$(done)/test $(done)/lint $(done)/docs: $(done)/%: pyproject.toml | $(done)/venv
	python tools/requirements $* >$(VENV)/$*-requirements.txt
	$(pip) -r $(VENV)/$*-requirements.txt
	@touch $@

# The applications and libraries that Overt is tested with.
$(done)/shop: examples/shop/requirements.txt | $(done)/venv
	$(pip) -r $<
	@touch $@

# What the call path is compared with.
$(done)/bench: bench/requirements.txt | $(done)/venv
	$(pip) -r $<
	@touch $@

$(done)/libraries: tests/requirements-libraries.txt tools/libraries $(done)/test
	tools/libraries $(VENV)
	@touch $@

$(done)/libraries-overt: $(done)/libraries $(done)/overt
	$(VENV)/libraries/bin/python -m pip install -q --disable-pip-version-check \
	    --no-deps --force-reinstall $(VENV)/wheel/*.whl
	@touch $@
