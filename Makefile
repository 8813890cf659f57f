# What a person types. Everything else is in `python -m stack` (the folder stack/), which these targets call.
# Needs make, a POSIX shell and Python ≥ 3.11; the rest is made or fetched: .venv from the locks, by hash.

# These are told on the command line, as in `make up PYTHON=python3.13`: a variable of the shell that has such a name is
# about something else, also under `make -e`. What recipes run sees nothing of that shell but what stack/inherited.py names.
default = $(if $(filter command line,$(origin $1)),,$(eval override $1 := $2))
$(call default,PYTHON,python3)
$(call default,COUNT,10000)
$(foreach name,SERVICE PART ARGS QUICK UPGRADE OVERLAY,$(call default,$(name),))

override SHELL := /bin/sh
override python := .venv/bin/python
override run := $(python) -E -s -m stack.inherited

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down reset status logs seed unseed bench test test-long test-compose snapshot lint fmt lock \
	k8s-render k8s-check k8s-secrets k8s-up k8s-down .venv/runtime .venv/development

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do printf '  make %-13s %s\n' "$$target" "$$text"; done

up: .venv/runtime ## raise the whole system without Docker; returns when everything is ready
	@$(run) $(python) -m stack up

down: .venv/runtime ## stop it, and leave no process behind; the data stays
	@$(run) $(python) -m stack down

reset: .venv/runtime ## stop it, and remove its data too
	@$(run) $(python) -m stack down --volumes

status: .venv/runtime ## per process: state, pid, port, uptime, restarts, memory
	@$(run) $(python) -m stack status

logs: .venv/runtime ## follow the logs (SERVICE=api-fastapi for one of them)
	@$(run) $(python) -m stack logs $(SERVICE)

seed: .venv/runtime ## fill the running system with COUNT=10000 generated items
	@$(run) $(python) -m stack exec admin-django python manage.py seed --count $(COUNT)

unseed: .venv/runtime ## take the demo's and the generated items away, but for those that were changed (ARGS=--dry-run)
	@$(run) $(python) -m stack exec admin-django python manage.py unseed $(ARGS)

test: .venv/development ## every test that needs no Docker, against a stack of its own (PART=tests, ARGS="-k name")
	@$(run) $(python) -m stack test $(if $(PART),--part $(PART)) -- $(ARGS)

test-long: .venv/development ## the long tests: full generated suites
	@$(run) $(python) -m stack test --long $(if $(PART),--part $(PART)) -- $(ARGS)

test-compose: .venv/development ## the tests of the compose system, from nothing (needs Docker)
	@$(python) -E -s -m tests.compose $(ARGS)

bench: .venv/development ## measure the system beside what people would pick instead: forty minutes, QUICK=1 three minutes
	@$(run) $(python) -m bench $(if $(QUICK),--quick) $(ARGS)

k8s-render: .venv/development ## print the manifests as they are applied (OVERLAY=local, local-volume, production)
	@$(python) -E -s -m k8s.commands render $(OVERLAY)

k8s-check: .venv/development ## hold them to the schemas of Kubernetes and to our own rules
	@$(python) -E -s -m k8s.commands check $(OVERLAY)

k8s-secrets: .venv/development ## make up the secrets of the production overlay, where they are missing
	@$(python) -E -s -m k8s.commands secrets

k8s-up: .venv/development ## build, load into kind, k3d or minikube (or push to REGISTRY), apply, wait, say where it is
	@REGISTRY=$(REGISTRY) $(python) -E -s -m k8s.commands up $(OVERLAY)

k8s-down: .venv/development ## remove it from the cluster, with its data
	@$(python) -E -s -m k8s.commands down

snapshot: .venv/development ## write down the shared schema, everyone's rights and the compiled statements anew, after a change of one
	@$(run) $(python) -m tests.boundary snapshot
	@$(run) env PYTHONPATH=services/api-fastapi:shared $(python) -m api_fastapi.database.compiler

lint: .venv/development ## ruff, mypy over each part, strict, imports between rooms, and whether a migration breaks the last release
	@$(run) .venv/bin/ruff check .
	@$(run) .venv/bin/ruff format --check .
	@$(run) stack/check-types
	@echo "imports"
	@$(run) env PYTHONPATH=services/admin-django:services/api-fastapi .venv/bin/lint-imports --no-logo --no-cache
	@echo "migrations"
	@$(run) $(python) -m tests.boundary lint

fmt: .venv/development ## write the code the way lint wants it
	@$(run) .venv/bin/ruff check --fix --exit-zero .
	@$(run) .venv/bin/ruff format .

lock: .venv/runtime ## pin the dependencies again after a pyproject.toml changed (UPGRADE=1 for newer versions)
	@$(python) -E -s -m stack.network stack/pin-dependencies $(if $(UPGRADE),--upgrade)

# --- what the targets above stand on -------------------------------------------------------------------------------

# Always asked, as neither is a file: whether .venv is whole is for stack/install.py to say.
.venv/runtime .venv/development:
	@$(PYTHON) -E -s -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python ≥ 3.11 is needed and $(PYTHON) is not (or is missing): install it, or name another one, as in: make up PYTHON=python3.13"; exit 1; } >&2
	@$(PYTHON) -E -s -m stack.install $(@F)
