# Called bare, make lists its targets: the lines with ## below.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The image that image builds and deploy uses; for a real cluster, one that its nodes can pull:
#   make image deploy IMAGE=registry.example.com/hardening-operator:0.1.0
IMAGE ?= hardening-operator:latest
# What builds the image: docker or podman, whichever is there.
CONTAINER_TOOL ?= $(shell command -v docker || command -v podman || echo docker)
# What 'make fuzz' runs, if not all: see scripts/fuzz --help.
TARGETS ?=
# What 'make bench' measures: see scripts/bench --help.
export NAMESPACES PODS RUNS FULL IN_FLIGHT GROWTH
# What 'make run' passes on, such as ARGS="--log-level debug".
ARGS ?=

.PHONY: help
help:
	@echo 'Targets:'
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## Shows the operator at work on a Kubernetes of its own, or with DEMO_CLUSTER=existing on the one kubectl points at.
	@scripts/demo

.PHONY: test
test: ## Runs all tests, also those against a real control plane, which it starts and takes down.
	@scripts/test

.PHONY: soak
soak: ## Runs the operator under constant change for half an hour, and judges it (SOAK_MINUTES=6).
	@scripts/soak

.PHONY: fuzz
fuzz: ## Feeds all readers of foreign bytes with what libFuzzer makes up (FUZZ_SECONDS=60 each, TARGETS="syntax profile").
	@scripts/fuzz $(TARGETS)

.PHONY: sanitize
sanitize: ## Runs the tests that need no cluster under Thread Sanitizer and Address Sanitizer.
	@scripts/sanitize

.PHONY: bench
bench: ## Measures time, memory and requests against the goals (NAMESPACES=1000 PODS=20000 RUNS=5, FULL=1 for 150,000 pods).
	@scripts/bench

.PHONY: bench-check
bench-check: ## Fails where requests or instructions are a fifth more than in Benchmarks/baseline.json (UPDATE=1 writes that).
	@scripts/bench $(if $(UPDATE),--update,--check)

.PHONY: lint
lint: ## Checks the layout of code, the scripts, the Dockerfile and the manifests; builds nothing.
	@scripts/lint

.PHONY: build
build: ## Builds the operator for debugging, into .build/debug; about 5 minutes the first time.
	@scripts/setup build
	@swift build --product hardening-operator

.PHONY: run
run: build ## Runs the operator on this machine, for the cluster that kubectl points at (ARGS="--log-level debug").
	@exec "$$(swift build --show-bin-path)/hardening-operator" run $(ARGS)

.PHONY: image
image: ## Builds the operator's image with docker or podman (IMAGE=name:tag).
	$(CONTAINER_TOOL) build --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" --tag '$(IMAGE)' .

.PHONY: deploy
deploy: ## Installs the CRD and the operator into the cluster that kubectl points at (IMAGE=name:tag).
	@scripts/deploy '$(IMAGE)'

.PHONY: undeploy
undeploy: ## Removes the profiles, waits until they are released, then removes operator and CRD; says what stays.
	@scripts/undeploy
