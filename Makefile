# The environment is made by whichever of these a checkout needs first; every target stands on it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: up test lint types imports check-tests soak bench docs lock clean

up: $(VENV)/.installed            ## start Purveyor on embedded defaults
	@$(BIN)/purveyor up

test: lint types imports check-tests   ## everything CI runs

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy
	$(BIN)/pyright

imports: $(VENV)/.tested
	$(BIN)/lint-imports

check-tests: $(VENV)/.tested
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile $(OPTIONS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

soak: $(VENV)/.tested             ## ten minutes of reloads and faults under load; SEED=N to repeat one, SECONDS=N
	$(BIN)/python -m tests.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/.benched           ## measure against peers and floors
	$(BIN)/python -m benchmarks

docs: $(VENV)/.documented         ## build the documentation, warnings as errors
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

lock: $(VENV)/.installed          ## resolve constraints.txt anew
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group test --group docs --group bench \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) docs/_build .coverage .coverage.*

$(VENV)/bin/python:
	@echo "installing into $(VENV): about half a minute, once"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt 'pip>=25.1'

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[all]'
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(PIP) install -c constraints.txt --group test
	@touch $@

$(VENV)/.documented: $(VENV)/.installed
	$(PIP) install -c constraints.txt --group docs
	@touch $@

$(VENV)/.benched: $(VENV)/.installed
	$(PIP) install -c constraints.txt --group bench
	@touch $@
