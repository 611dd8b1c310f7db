# The commands a person must know. Each does all the set-up that it needs, and says what it does.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo build test lint fuzz bench bench-micro bench-peers bench-live bench-protocols new-protocol screenshots docs lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  ARGS="…" is handed on: make run ARGS="--port 9000", make test ARGS="-k http"'

run: ## Set up and start NautScan on this machine's interfaces; prints the page's address
	@scripts/setup.sh run
	@exec .venv/bin/nautscan serve $(ARGS)

demo: ## Set up and show a made-up shop of services; needs no rights
	@scripts/setup.sh run
	@exec .venv/bin/nautscan demo $(ARGS)

build: ## Set up only: leaves a working .venv/bin/nautscan
	@scripts/setup.sh run
	@.venv/bin/nautscan --version

test: ## Run every check and every test (root runs the live and Docker ones too)
	@scripts/setup.sh test
	@scripts/test.sh $(ARGS)

lint: ## Run the checks alone: ruff, mypy, imports, rustfmt, clippy, svelte-check
	@scripts/setup.sh lint
	@scripts/lint.sh

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60), e.g. ARGS="wire http1"
	@fuzz/run.sh $(ARGS)

bench: ## Compare with tcpdump, tshark and others on one large capture (root makes it)
	@scripts/setup.sh run
	@.venv/bin/python -m bench $(ARGS)

bench-micro: ## Time the engine's stages one by one, e.g. ARGS="reassembly"
	@cargo bench -p nautscan-core --bench engine -- $(ARGS)

bench-peers: ## Install the Python peers of bench (dpkt, nfstream, scapy) and see them work
	@scripts/setup.sh run
	@.venv/bin/python -m bench.environment

bench-live: ## Capture nginx and wrk at full speed; count what is missed (root)
	@scripts/setup.sh run
	@.venv/bin/python -m bench.live $(ARGS)

bench-protocols: ## A part of bench: each protocol, on traffic of real servers (root makes it)
	@scripts/setup.sh run
	@.venv/bin/python -m bench.protocols $(ARGS)

new-protocol: ## Begin a protocol: folder, registry line, tests, fuzz target. NAME=nats
	@scripts/setup.sh lint
	@.venv/bin/python scripts/new_protocol.py "$(NAME)"
	@cargo fmt --all

screenshots: ## Make pictures of every place of the page on the demo, into build/screenshots
	@scripts/setup.sh test
	@scripts/screenshots.sh $(ARGS)

docs: ## Write docs/reference and docs/agreement.md anew from the code and a run
	@scripts/setup.sh lint
	@.venv/bin/python scripts/reference.py
	@.venv/bin/python -m tests.golden.report

lock: ## Write the hash-locked requirements anew from pyproject.toml (needs uv)
	@scripts/lock.sh

clean: ## Remove what was built: .venv, build, target, web/node_modules, caches
	rm -rf .venv build target web/node_modules src/nautscan/web
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -f src/nautscan/_engine*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
