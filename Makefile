# Two commands are all a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help run test check format package bench reset
help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=python3.12, for example: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(READY) ## start everything on this machine
	@exec $(BIN)/python -m infra.local

test: $(READY) ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(READY) ## format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY) ## put the code in shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

package: $(READY) ## build what is deployed on AWS, into build/
	@$(BIN)/python -m infra.aws.package build

bench: $(READY) ## measure what it costs
	@$(BIN)/python -m benchmarks.ingest
	@$(BIN)/python -m benchmarks.pipeline
	@$(BIN)/python -m benchmarks.evaluation

reset: ## wipe the local data
	@python=$(BIN)/python; [ -x $$python ] || python=$(PYTHON); $$python -m infra.local.reset
