# Two commands are all a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

STAGE ?= dev
# Processes that test: much of a test is waiting, so there are more of them than cores.
WORKERS ?= 5

.PHONY: help dashboard demo run test check format package deploy token destroy policy bench storm fuzz reset
help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=python3.12, for example: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(READY) ## start everything on this machine
	@$(BIN)/python -m infra.dashboard
	@exec $(BIN)/python -m infra.local

demo: $(READY) ## fill the service with two weeks of a lifelike fleet
	@$(BIN)/python -m infra.dashboard
	@exec $(BIN)/python -m infra.demo

test: $(READY) ## all tests
	@$(BIN)/python -m infra.dashboard
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(READY) ## format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY) ## put the code in shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

dashboard: $(READY) ## build the dashboard
	@$(BIN)/python -m infra.dashboard

package: $(READY) ## build what is deployed on AWS, into build/
	@$(BIN)/python -m infra.dashboard
	@$(BIN)/python -m infra.aws.package build

# make deploy STAGE=dev ADMIN_EMAIL=you@example.org [REGION=eu-central-1] [PARAMETERS="DatabaseClass=db.t4g.medium"] [YES=1]
REGION_OPTION = $(if $(REGION),--region $(REGION))
deploy: $(READY) ## bring a stage on AWS up to date: STAGE=dev ADMIN_EMAIL=you@example.org
	@$(BIN)/python -m infra.aws.deploy deploy --stage "$(STAGE)" $(REGION_OPTION) $(if $(ADMIN_EMAIL),--admin-email "$(ADMIN_EMAIL)") \
	  $(if $(BUCKET),--bucket "$(BUCKET)") $(if $(AUTHORITIES),--certificates "$(AUTHORITIES)") $(if $(API_URL),--api-url "$(API_URL)") \
	  $(if $(PACKAGE),--package "$(PACKAGE)") $(foreach parameter,$(PARAMETERS),--parameter "$(parameter)") $(if $(YES),--yes)

token: $(READY) ## an administrator's token of a stage: STAGE=dev
	@$(BIN)/python -m infra.aws.deploy token --stage "$(STAGE)" $(REGION_OPTION)

destroy: $(READY) ## take a stage on AWS down: STAGE=dev
	@$(BIN)/python -m infra.aws.destroy --stage "$(STAGE)" $(REGION_OPTION)

policy: $(READY) ## check the AWS template against policies
	@$(BIN)/python -m infra.aws.policy

storm: $(READY) ## break every part of a running service under load, and count what is missing
	@$(BIN)/python -m infra.storm

fuzz: $(READY) ## send a running service whatever its description allows and forbids
	@$(BIN)/python -m infra.fuzz

bench: $(READY) ## measure what it costs
	@$(BIN)/python -m benchmarks.ingest
	@$(BIN)/python -m benchmarks.pipeline
	@$(BIN)/python -m benchmarks.evaluation
	@$(BIN)/python -m benchmarks.peers
	@PYTHONPATH=clients/python/src $(BIN)/python -m benchmarks.client_overhead

reset: ## wipe the local data
	@python=$(BIN)/python; [ -x $$python ] || python=$(PYTHON); $$python -m infra.local.reset
