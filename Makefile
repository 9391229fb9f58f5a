# make demo    install, translate a sentence, train en-fr on the starter corpus, translate another
# make test    install, then lint, types and tests
# make corpus  write data/en-fr again from its sources

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MINUTES ?= 2.9

.PHONY: demo test corpus clean

demo: $(VENV)/installed
	$(BIN)/attn-mt translate -m general-en-fr "Where can I buy a train ticket?"
	$(BIN)/attn-mt prepare en-fr --out demo
	$(BIN)/attn-mt train demo --minutes $(MINUTES) --overwrite
	$(BIN)/attn-mt translate -m demo "he doesn't like apples"

test: $(VENV)/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

corpus: $(VENV)/installed
	$(BIN)/python -m scripts.starter_corpus.build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "attn-mt needs Python 3.11 or later; say which by: make PYTHON=python3.12 demo" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
