# Two commands on a fresh machine with python3 (3.11 or newer), its venv module and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than there are cores: tests with real sockets and clocks wait a good part of their time.
WORKERS ?= $(shell expr $$(nproc) + 1)

.PHONY: run test check kill-test system-test fuzz bench bench-peers bench-trim browser-test demo-check train clean

run: $(VENV)/run
	$(BIN)/banyan up --demo

# Compiled modules are kept even where the environment says otherwise: the tests start many programs.
test: $(VENV)/test check
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not browser and not system"

check: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	touch $@

$(VENV)/run: $(VENV)/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/train: $(VENV)/run pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train]'
	touch $@

$(VENV)/test: $(VENV)/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@ $(VENV)/run

kill-test: $(VENV)/test
	$(BIN)/python -m tests.kill --kills 100 --database both

# As root: it installs Debian's Postfix where that is missing, and runs a private one.
system-test: $(VENV)/test
	$(BIN)/pytest -m system tests/system

fuzz: $(VENV)/test
	$(BIN)/python -m tests.fuzz

bench: $(VENV)/test
	$(BIN)/banyan bench fanout
	$(BIN)/banyan bench fanout --members 71000 --runs 1
	$(BIN)/banyan bench fanout --members 71000 --runs 1 --dkim
	$(BIN)/banyan bench fanout --members 5000 --runs 1 --delay 50 --connections 16
	$(BIN)/banyan bench fanout --members 5000 --runs 1 --attachment 10
	$(BIN)/banyan bench fairness
	$(BIN)/banyan bench inbound
	$(BIN)/banyan bench digests
	$(BIN)/banyan bench held
	$(BIN)/banyan bench rules
	$(BIN)/banyan bench pages
	$(BIN)/banyan bench cut
	$(BIN)/banyan bench split
	$(BIN)/banyan bench carry-out
	$(BIN)/banyan bench results --plans 50

# MAILS names a folder of mails with their expected text beside them.
MAILS ?= tests/mail
bench-trim: $(VENV)/test
	$(BIN)/banyan bench trim $(MAILS)

# MEMBERS of the list that both have; GNU Mailman is installed into var/peers, beside nothing else.
MEMBERS ?= 1000
bench-peers: $(VENV)/test
	$(BIN)/python -m tests.peers --members $(MEMBERS)

browser-test: $(VENV)/test
	$(BIN)/pytest -m browser tests

# MBOX and TREE name a month of a real list and its thread tree (JSON: num, parent, message_id).
demo-check: $(VENV)/test
	$(BIN)/python -m tests.real_month $(MBOX) $(TREE)

# DATA names a file of texts (or its folder) that are political or not by where they were posted: gzipped lines of {"text", "label", "source"}.
train: $(VENV)/train
	@test -n "$(DATA)" || { echo "Name the file of texts: make train DATA=FILE" >&2; exit 2; }
	$(BIN)/python -m forum.rules.politics.train $(DATA) forum/rules/politics

clean:
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
