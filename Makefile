# catenet: two commands do everything, set-up included: make run, make test.
.DEFAULT_GOAL := help
.PHONY: help run test unit check bench soak fuzz engine image stop clean
BIN := .venv/bin
# Of pytest. Most tests wait for the timers of protocols, so more workers than cores; those without an engine compute.
WORKERS ?= 4
UNIT_WORKERS ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where it is set, every process compiles all that it imports; for each of pytest's workers that is 6 s.
unexport PYTHONDONTWRITEBYTECODE

help:            ## what can be made
	@awk -F ':.*## ' '/^[a-z]+: *.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:             ## start the default lab, show a page fetched across it, leave it up
	@.ci/venv run
	@$(BIN)/python -m catenet.orchestrator.cli.engine
	@$(BIN)/catenet tour

test:            ## the whole test suite; starts labs of its own and removes them
	@.ci/venv dev
	@$(BIN)/python -m catenet.orchestrator.cli.engine
	@$(BIN)/python -m pytest -n $(WORKERS) --durations=15 $(ARGS)

unit:            ## the tests that need no engine, in some five minutes
	@.ci/venv dev
	@$(BIN)/python -m pytest -n $(UNIT_WORKERS) -m "not engine and not slow" --durations=10 $(ARGS)

check:           ## formatting, lint, types and the direction of imports: yes or no
	@.ci/venv dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench:           ## the figures of the README, as ratios to a reference in the same run; ARGS=NAME for one of them
	@.ci/venv dev
	@$(BIN)/python -m catenet.orchestrator.cli.engine
	@$(BIN)/python tests/bench/bench.py $(ARGS)

soak:            ## RIP in a thousand simulated networks; thirty labs at once; a hundred verbs killed, or the engine lost, at any moment: the next verb mends it
	@.ci/venv dev
	@$(BIN)/python -m catenet.orchestrator.cli.engine
	@$(BIN)/python -m pytest -m slow tests/labs tests/simulation
	@PYTHONPATH=tests $(BIN)/python tests/soak/soak.py $(ARGS)

fuzz:            ## every parser against inputs nobody wrote, 20 s each; ARGS="--seconds 60 dns-message", ARGS="replay FILE"
	@.ci/venv fuzz
	@$(BIN)/python tests/fuzz/fuzz.py $(ARGS)

engine:          ## install and start Docker where none answers (Debian, Ubuntu; root)
	@.ci/venv run
	@$(BIN)/python -m catenet.orchestrator.cli.engine

image:           ## the image for docker compose, where no registry can be reached
	@.ci/venv run
	@$(BIN)/python -m catenet.orchestrator.cli.engine
	@$(BIN)/python -m catenet.orchestrator.cli.image

stop:            ## remove every lab; the images stay
	@.ci/venv run
	@$(BIN)/catenet down --all

clean: stop      ## stop, and remove our images and .venv too
	@$(BIN)/python -m catenet.orchestrator.cli.clean
	@rm -rf .venv .wheelhouse .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .catenet
