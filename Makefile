# make demo, make test: the only two commands a newcomer needs. Both make .venv where it is missing.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
SEEDS ?= 5
LESSONS ?= notebooks/*.ipynb

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.installed-docs
CLUSTER_VENV ?= .venv-cluster
CLUSTER_STAMP := $(CLUSTER_VENV)/.installed
PAGE_VENV ?= .venv-page
PAGE_STAMP := $(PAGE_VENV)/.installed

.PHONY: help demo test test-cluster test-page lint docs bench notebooks lesson lesson-pictures env lock clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    the threshold sweep at demo size: a table, two figures, a report (outputs/demo)"
	@echo "make test    the tests; ARGS='-m \"not slow\"' leaves out the slow ones"
	@echo "make test-cluster  sweeps on joblib, two Ray nodes and SLURM (with root: Debian's, installed)"
	@echo "make lint    style, types and import contracts"
	@echo "make docs    the documentation as a site: open site/index.html"
	@echo "make bench   the benchmark, printed as a table"
	@echo "make notebooks  the lessons executed anew, in place"
	@echo "make lesson  the page for a class, docs/lesson.html: runs that are kept in outputs/lesson are not run again"
	@echo "make lesson-pictures  its chapters as a projector and a phone show them, docs/figures/lesson (with root: Chromium, installed)"
	@echo "make test-page  that page in Chromium (with root: Debian's, installed)"
	@echo "make env     only make the environment in $(VENV)"
	@echo "make lock    renew constraints.txt and constraints-cluster.txt"
	@echo "make clean   remove the environment and what runs have written"

# Runs that lie in outputs/demo already, of the same code and configuration, are not run again.
demo: $(STAMP)
	$(BIN)/takedown experiment=demo sweep.seeds=$(SEEDS) hydra.run.dir=outputs/demo $(ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest $(ARGS)

# In an environment of its own. Debian's SLURM, with the database that its accounting needs, is installed where it can be.
test-cluster: $(CLUSTER_STAMP)
	@command -v slurmctld >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends slurm-wlm slurmdbd munge mariadb-server; } \
	|| echo "SLURM is not here and cannot be installed: only root can, with apt-get"
	$(CLUSTER_VENV)/bin/python -m pytest tests/cluster $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports

# The variable silences an announcement of the theme's about versions to come.
docs: $(DOCS_STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "site/index.html"

bench: $(STAMP)
	$(BIN)/python -m experiments.benchmark $(ARGS)

# What the lessons print is kept with them; no time of day, so that the same run gives the same file. Predictions are left open.
notebooks: $(STAMP)
	TAKEDOWN_PREDICT=no PYTHONPATH=$(CURDIR) $(BIN)/python -c "import sys, nbformat as f, nbclient as c; [f.write(c.NotebookClient(f.read(p, 4), \
	timeout=None, record_timing=False, resources={'metadata': {'path': 'notebooks'}}).execute(), p) for p in sys.argv[1:]]" $(LESSONS)

lesson: $(STAMP)
	PYTHONPATH=$(CURDIR) $(BIN)/takedown task=lesson scenario.days=30 hydra.run.dir=outputs/lesson lesson.file=docs/lesson.html $(ARGS)

# In an environment of its own: Playwright drives the system's Chromium, and axe-core looks for what shuts people out.
CHROMIUM_HERE = command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk; } \
	|| echo "Chromium is not here and cannot be installed: only root can, with apt-get"

lesson-pictures: $(PAGE_STAMP)
	@$(CHROMIUM_HERE)
	$(PAGE_VENV)/bin/python -m tests.experiments.lesson.screenshots docs/lesson.html docs/figures/lesson

test-page: $(PAGE_STAMP)
	@$(CHROMIUM_HERE)
	@command -v npm >/dev/null && npm install --silent --no-save --prefix $(PAGE_VENV) axe-core@4 || echo "no npm: axe-core is left out"
	AXE=$(PAGE_VENV)/node_modules/axe-core/axe.min.js $(PAGE_VENV)/bin/python -m pytest tests/experiments/lesson tests/notebooks/test_mesa_app.py $(ARGS)

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt .ci/environment.py
	$(PYTHON) .ci/environment.py $(VENV)
	@touch $@

$(DOCS_STAMP): $(STAMP)
	$(PYTHON) .ci/environment.py --extra docs $(VENV)
	@touch $@

$(CLUSTER_STAMP): pyproject.toml constraints-cluster.txt .ci/environment.py
	$(PYTHON) .ci/environment.py --versions constraints-cluster.txt --extra joblib,ray,slurm,test $(CLUSTER_VENV)
	@touch $@

$(PAGE_STAMP): pyproject.toml constraints.txt .ci/environment.py
	$(PYTHON) .ci/environment.py --extra page,test,viz $(PAGE_VENV)
	@touch $@

lock:
	for versions in constraints.txt constraints-cluster.txt; do rm -rf .lock && \
	$(PYTHON) .ci/environment.py --versions $$versions --lock .lock || exit 1; done
	rm -rf .lock

clean:
	rm -rf $(VENV) $(CLUSTER_VENV) $(PAGE_VENV) outputs multirun build site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './$(CLUSTER_VENV)/*' -not -path './$(PAGE_VENV)/*' -prune -exec rm -rf {} +
