# Striate: what a user runs. `make demo` and `make test` install what is missing first.

SHELL := /bin/bash
BUILD := swift build -c release
STRIATE := .build/release/striate
DEMO := .build/demo

.PHONY: help demo test build bench format lint sanitize docs dependencies clean

help:
	@echo "make demo      build, train on the built-in digits, classify a few and show them"
	@echo "make test      build and run all tests"
	@echo "make build     build the library and the command line tool"
	@echo "make bench     time training and inference beside other frameworks"
	@echo "make format    format the sources"
	@echo "make lint      check format, warnings and scripts"
	@echo "make sanitize  run the tests under the address and thread sanitizers"
	@echo "make docs      build the documentation of the library"

dependencies:
	@scripts/install-dependencies

build: dependencies
	$(BUILD)

demo: build
	@mkdir -p $(DEMO)
	$(STRIATE) train digits --model numpy-cnn --count 20000 --epochs 4 --out $(DEMO)/digits.safetensors
	$(STRIATE) evaluate $(DEMO)/digits.safetensors digits --show 5

# swift test on its own would build everything again, with other flags.
test:
	@scripts/install-dependencies --tests
	$(BUILD) --build-tests
	swift test -c release --skip-build
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then \
	  scripts/check-instruction-sets $(STRIATE) && scripts/check-sums-in-registers $(STRIATE) && \
	  scripts/check-old-processors $(STRIATE); fi

bench: build
	Benchmarks/compare

format:
	swift format format --in-place --recursive Sources Tests Examples Package.swift

lint:
	scripts/lint

sanitize: dependencies
	scripts/sanitize

docs: dependencies
	scripts/make-documentation

clean:
	rm -rf .build
