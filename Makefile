# Outwork. `make run` and `make test` are the two commands; each sets up what it needs first.
# A step leaves a stamp, so that a second call costs milliseconds.

SHELL := /bin/sh
PYTHON ?= $(shell tools/need.sh python)
PORT ?= 8000
NAME ?= contracts
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
VENDOR := src/outwork/interfaces/web/static/vendor

.NOTPARALLEL:
.PHONY: help setup run test check bench bench-peers verifier lock assets clean distclean need-setup need-test

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: $(STAMPS)/package $(VENDOR)/.built ## environment in .venv, assets of the workspace

run: setup ## sets up, runs the sample engagement, serves the workspace on 127.0.0.1:8000
	@OUTWORK_HOME=$${OUTWORK_HOME:-$(CURDIR)/var} exec $(BIN)/outwork up --demo --port $(PORT)

test: need-test setup $(STAMPS)/dev $(VENDOR)/.built-dev ## sets up, runs every check and every test
	@$(BIN)/python tools/check.py --tests $(ARGS)

check: need-setup $(STAMPS)/package $(STAMPS)/dev ## linters, types and import contracts only
	@$(BIN)/python tools/check.py

bench: setup $(STAMPS)/dev ## a named benchmark: make bench NAME=contracts ARGS="--seed 2"
	@$(BIN)/outwork bench $(NAME) $(ARGS)

bench-peers: $(STAMPS)/bootstrap ## the peers that benchmarks compare with, each in an environment of its own
	@tools/peers.sh

verifier: setup ## the offline verifier as one file, build/outwork-verify.pyz
	@mkdir -p build && $(BIN)/outwork admin verifier --out build/outwork-verify.pyz

lock: $(STAMPS)/bootstrap ## writes the hash-pinned locks anew: make lock ARGS=--upgrade
	@tools/lock.sh $(ARGS)

assets: $(VENDOR)/.built ## assets of the workspace from npm

clean: ## removes what was built, keeps the environment and all data
	rm -rf build dist $(VENDOR) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## removes the environments too, keeps all data
	rm -rf $(VENV) .envs node_modules

need-setup:
	@tools/need.sh setup

need-test:
	@tools/need.sh test

# uv is quick; plain pip knows the mirrors and proxies that a machine may be set up with.
define install
$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: -r $(1) 2>$(STAMPS)/log \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(1) \
	|| { cat $(STAMPS)/log >&2; exit 1; }
endef

$(STAMPS)/venv: | need-setup
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/bootstrap: requirements-bootstrap.txt $(STAMPS)/venv
	@echo "installing the installer"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

$(STAMPS)/runtime: requirements.txt $(STAMPS)/bootstrap
	@echo "installing what Outwork needs, by hash"
	@$(call install,$<)
	@touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/runtime
	@echo "installing what the checks need, by hash"
	@$(call install,$<)
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/runtime
	@echo "installing Outwork itself, editable"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc | need-setup
	@echo "installing node packages, by hash"
	@npm ci --silent --no-audit --no-fund
	@touch $@

$(VENDOR)/.built: node_modules/.installed tools/build_assets.py $(STAMPS)/venv
	@$(BIN)/python tools/build_assets.py node_modules $(VENDOR)
	@touch $@

$(VENDOR)/.built-dev: $(VENDOR)/.built
	@$(BIN)/python tools/build_assets.py node_modules $(VENDOR) --dev
	@touch $@
