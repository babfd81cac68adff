# `make check` is what continuous integration runs, in the virtual environment of this checkout.

VENV ?= .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# commands that tests run in other folders write beside it, too
export COVERAGE_FILE := $(CURDIR)/.coverage


.PHONY: install check test lint types coverage quality torture bench

install:  ## an editable installation with everything that checks need
	python3.11 -m venv $(VENV)
	pip install -q -c constraints.txt -e '.[test,readers,mcp,cluster]'

check: lint types test coverage quality  ## everything

test:  ## all tests, recording coverage
	pytest -q -n 3 --cov --cov-report=

lint:  ## style and format
	ruff check .
	ruff format --check .

types:  ## strict types
	mypy

coverage:  ## the floors; after `make test`. Nothing excuses a line of a pure module that no test reaches
	-coverage combine -q --append 2>/dev/null  # of processes that ended after the tests
	coverage report --include="$$(python -m tests.pure)" --fail-under=100
	coverage report --fail-under=95

quality:  ## de-duplication and topics on the labelled rows of bench/, against floors.json
	python bench/floors.py

torture:  ## 200 kills, 10 with workers, a week at high speed, slow headlines, and examples that no test run tries
	python -m bench.kills --kills 200
	python -m bench.kills --kills 10 --workers 2
	python -m bench.soak
	python -m bench.matching --window --stored
	HYPOTHESIS_PROFILE=search pytest -q -n 2 --dist worksteal --timeout 0 -m hypothesis

bench:  ## speed; each script of bench/ says how it measures
	@ls bench/*.py
