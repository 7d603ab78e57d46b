# Two commands do everything: `make demo` and `make test`. Each installs what it needs.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# One set of flags for every release build, so that a build is never thrown away for another.
RELEASE := -c release -Xswiftc -enforce-exclusivity=unchecked
BENCHMARKS := Ledger Gateway Identity Detection Delivery Redaction

# Suites that talk over sockets run in processes of their own: beside processor-bound property tests they would miss deadlines.
SOCKETS := GenesysTests SandboxTests ObjectStorageTests DeliveryTests GatewayTests MonitoringTests ServerTests EndToEndTests
TEST := swift test --skip-build --disable-xctest

.PHONY: help demo demo-cluster build test test-s3 test-formats lint format bench clean install-build install-test install-bench

help:
	@echo "make demo           install what is missing, build, run the main job against the built-in sandbox"
	@echo "make demo-cluster   the same on three nodes and PostgreSQL, while nodes and the primary are killed"
	@echo "make test           install what the tests need, build, run all tests"
	@echo "make test-s3 test-formats   the S3 client and the locked copy against a real Ceph; OCSF against the published schemas"
	@echo "make build          the release binary: .build/release/muniment"
	@echo "make bench          measure beside nginx, Node.js and bare system calls"
	@echo "make lint           check the format; make format mends it"

install-build:
	@scripts/install build

install-test:
	@scripts/install test

install-bench:
	@scripts/install bench

build: install-build
	swift build $(RELEASE) --product muniment

demo: build
	.build/release/muniment demo

demo-cluster: install-test build
	scripts/demo-cluster .build/release/muniment

test: install-test
	swift build --build-tests
	scripts/with-postgres $(TEST) $(foreach suite,$(SOCKETS),--skip $(suite))
	set -e; for suite in $(SOCKETS); do scripts/with-postgres $(TEST) --filter $$suite; done
	scripts/test-openapi .build/debug/muniment
	scripts/demo-cluster .build/debug/muniment

test-s3:
	scripts/test-s3

test-formats:
	scripts/test-formats

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

bench: install-bench build .build/presidio/bin/python
	set -e; for name in $(BENCHMARKS); do swift build $(RELEASE) --product $${name}Benchmark; done
	scripts/with-postgres bash -c '.build/release/LedgerBenchmark all --database "$$MUNIMENT_TEST_POSTGRES"'
	scripts/with-postgres bash -c '.build/release/DeliveryBenchmark --postgres "$$MUNIMENT_TEST_POSTGRES"'
	Benchmarks/Gateway/run.sh .build/release/GatewayBenchmark
	.build/release/IdentityBenchmark 1000000
	.build/release/DetectionBenchmark
	.build/release/DetectionBenchmark latency
	PYTHON=.build/presidio/bin/python Benchmarks/Redaction/Peers/run.sh .build/release/RedactionBenchmark 16 5
	.build/release/RedactionBenchmark --worst

# A peer of redaction, in an environment of its own.
.build/presidio/bin/python:
	python3 -m venv .build/presidio
	.build/presidio/bin/pip install --quiet 'presidio-analyzer==2.2.366'

clean:
	rm -rf .build
