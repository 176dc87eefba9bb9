# `make demo` and `make test` need cargo and Python >= 3.11, and nothing else: everything goes into .venv and target.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: demo test lint bench coverage build clean

demo: build
	$(BIN)/passcurve demo

test: lint
	cargo test --locked --quiet
	$(BIN)/pytest --quiet

lint: build
	cargo fmt --check
	cargo clippy --locked --quiet --all-targets -- -D warnings
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest passcurve._core

bench: build
	$(BIN)/python -m bench

coverage: build
	$(BIN)/python -m bench.coverage $(if $(QUICK),--quick)

build: .venv/built

.venv/tools: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("passcurve needs Python >= 3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet 'maturin>=1.9.4,<2' --group dev
	touch $@

.venv/built: .venv/tools $(SOURCES)
	VIRTUAL_ENV=$(CURDIR)/.venv PIP_QUIET=1 $(BIN)/maturin develop --release --locked --extras cli
	touch $@

clean:
	cargo clean
	rm -rf .venv
