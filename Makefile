# `make demo` and `make test` need cargo and Python >= 3.11, and the tests of Spark Java 17 (else they are skipped):
# everything goes into .venv and target.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: demo test oldest engines formats lint docs bench coverage fuzz soak build clean

demo: build
	$(BIN)/passcurve demo --plots target/demo

test: lint oldest
	cargo test --locked --quiet
	$(BIN)/pytest --quiet
	$(MAKE) engines

# What runs inside Polars, on the oldest Polars that pyproject.toml allows.
oldest: .venv/oldest/built
	.venv/oldest/bin/pytest --quiet --deselect tests/test_samples_input.py::test_answers_of_any_type \
		tests/test_expressions.py tests/test_estimators.py \
		tests/test_samples.py tests/test_samples_input.py tests/test_sampled.py tests/test_details.py python/passcurve/estimators.py python/passcurve/groups.py

.venv/oldest/built: .venv/built
	$(PYTHON) -m venv .venv/oldest
	.venv/oldest/bin/pip install --quiet $$(sed -n 's/.*"polars>=\([0-9.]*\)".*/polars==\1.*/p' pyproject.toml) numpy pyarrow pytest hypothesis
	cp -R .venv/lib/python3*/site-packages/passcurve* .venv/oldest/lib/python3*/site-packages/
	touch $@

# Ray, Spark (which needs Java 17) and object stores on the loopback, in an environment of their own.
OF_SPARK := $(if $(shell command -v java)$(JAVA_HOME)$(filter true,$(CI)),docs/spark.md python/passcurve/spark.py)
engines: .venv/engines/built
	PASSCURVE_ENGINES=1 .venv/engines/bin/python -m pytest --quiet -p no:cacheprovider tests/engines \
		docs/ray.md python/passcurve/ray.py $(OF_SPARK)

.venv/engines/built: .venv/built
	$(PYTHON) -m venv .venv/engines
	.venv/engines/bin/pip install --quiet 'pip>=25.1'
	.venv/engines/bin/pip install --quiet 'polars>=1.34' --group test --group engines
	cp -R .venv/lib/python3*/site-packages/passcurve* .venv/engines/lib/python3*/site-packages/
	touch $@

# Logs that the pipelines' own packages write, in two environments. What one of them lacks is skipped there.
FORMATS_TESTS := $(wildcard tests/test_formats_packages*.py)
formats: build
	for group in formats formats-beside; do \
		$(PYTHON) -m venv .venv/$$group && \
		.venv/$$group/bin/pip install --quiet 'pip>=25.1' && \
		.venv/$$group/bin/pip install --quiet polars --group test --group $$group || exit 1; done
	.venv/formats/bin/pip install --quiet --no-deps --group formats-alone
	for group in formats formats-beside; do \
		cp -R .venv/lib/python3*/site-packages/passcurve* .venv/$$group/lib/python3*/site-packages/ && \
		PASSCURVE_FORMATS=1 .venv/$$group/bin/python -m pytest --quiet -rs $(FORMATS_TESTS) || exit 1; done

lint: build
	cargo fmt --check
	cargo clippy --locked --quiet --all-targets -- -D warnings
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest passcurve._core

# The site, to target/site; the tests build it too. It needs no network, and what Sphinx warns of is an error.
docs: build
	$(BIN)/python -m sphinx -E -q -W --keep-going -c docs/site . target/site

bench: build .venv/engines/built
	$(BIN)/pip install --quiet --group rivals
	$(BIN)/python -m bench

coverage: build
	$(BIN)/python -m bench.coverage $(if $(QUICK),--quick)

# Damaged files of each format from a seed, then libFuzzer: SEED=7 MUTANTS=1000000 SECONDS=600 make fuzz
FUZZ_TARGETS := thrift levels coded parquet ipc lines records
FUZZ_SANITIZER ?= none
fuzz: build
	for format in parquet ipc jsonl records; do \
		$(BIN)/python tests/mutants.py $$format $(or $(SEED),0) $(or $(MUTANTS),50000) || exit 1; done
	@rustup toolchain list 2>/dev/null | grep -q ^nightly || \
		{ echo 'The fuzz targets need a nightly compiler: rustup toolchain install nightly' >&2; exit 1; }
	command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	$(BIN)/python rust/fuzz/seeds.py rust/fuzz/seeds
	cd rust/fuzz && for target in $(FUZZ_TARGETS); do mkdir -p corpus/$$target && \
		cargo +nightly fuzz run --fuzz-dir . --sanitizer $(FUZZ_SANITIZER) $$target corpus/$$target seeds/$$target -- \
		-max_total_time=$(or $(SECONDS),60) -timeout=20 -rss_limit_mb=6000 -max_len=6000 -verbosity=0 -print_funcs=0 -print_final_stats=1 \
		$$(find $$target.dict 2>/dev/null | sed s/^/-dict=/) || exit 1; done

# All that the tests try a little of: random logs, orders and splits, moments of Ctrl-C and of kill -9, changing files,
# limits of memory, and every hostile and public file.
soak: build
	cargo test --locked --quiet -p passcurve-core --lib sources
	PASSCURVE_EXAMPLES=5000 $(BIN)/pytest --quiet tests/test_parquet_twin.py
	DETERMINISM_ROUNDS=20 INTERRUPT_MOMENTS=50 CRASH_KILLS=200 CHANGE_MOMENTS=50 MEMORY_POINTS=36 CORPORA_EACH=1 \
		CI=true $(BIN)/pytest -s tests/test_determinism.py tests/test_interrupts.py tests/test_crashes.py \
		tests/test_changing_files.py tests/test_memory.py tests/test_corpora.py tests/test_hostile.py tests/test_ipc.py \
		tests/test_jsonl_twin.py

build: .venv/built

.venv/tools: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("passcurve needs Python >= 3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet 'maturin>=1.9.4,<2' --group dev
	touch $@

.venv/built: .venv/tools $(SOURCES)
	VIRTUAL_ENV=$(CURDIR)/.venv PIP_QUIET=1 $(BIN)/maturin develop --release --locked --extras cli,report
	touch $@

clean:
	cargo clean
	rm -rf .venv
