# The commands of the project. `make` alone lists them; docs/install.md tells what each needs.
#   PYTHON=python3.12   the interpreter that .venv is made from (3.11 or newer)
#   TORCH=system        use the torch which PYTHON already has, and download neither torch nor CUDA (remembered; TORCH=pinned goes back)
#   LIMIT=0             let the demo work on all passages, not on a sample of 60

PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
TORCH ?=
PAGES ?= .demo/pages
WAREHOUSE ?= .demo/warehouse
GUIDE ?= .demo/guide
LANGUAGES_LIMIT ?= 44
LANGUAGES_WAREHOUSE ?= .demo/languages
LANGUAGES_REPORT ?= .demo/languages.html
REPORT ?= .demo/report.html
LIMIT ?= 60
ROUNDS_LIMIT ?= 24
ROUNDS_TOKENS ?= 12000
ROUNDS_ITEMS ?= 60
ROUNDS_REPORT ?= .demo/rounds.html
TEST_PROCESSES ?= 3
READER_MINUTES ?= 60
BENCH_PAGES ?= 20000
BENCH_CURVE ?= 1000,5000
BENCH_ROUNDS ?= 1
BENCH_WAREHOUSE ?= build/bench-rounds
BENCH_ITEMS ?= 40
CURATION_WAREHOUSE ?= build/curation-warehouse
CURATION_MINUTES ?= 180
CANDIDATES_LIMIT ?= 120
CURATION_LIMIT ?= 480
CURATION_SET := --set backtranslation.candidates=8 --set 'scoring.modes=["text", "page", "reverse_gain", "match_v1", "likelihood"]'
HISTORY ?= 10000,100000,1000000
HISTORY_PAGES ?= 2000
BENCH_TOKENS ?= 10000
BENCH_PAIRS ?= 10000,100000
BENCH_HTML ?= $(PAGES)
MUTATION_SHARE ?= 0.13
BIN := .venv/bin
BENCHMARKS := bench-engine bench-near-duplicates bench-extraction bench-fidelity bench-corpus bench-prompts bench-judge bench-reader bench-finetune \
  bench-rounds bench-curation bench-translation bench-consistency bench-languages bench-damage bench-rights bench-memory bench-fixed \
  bench-candidates bench-history bench-gates bench-privacy bench-safety bench-injection bench-selection
SOURCES := lib jobs udfs conf tools tests
SHELL := /bin/bash
export PYSPARK_PYTHON := $(CURDIR)/$(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help setup python demo demo-languages demo-rounds test check unit mutation nightly docs wheel lock lint types clean labels calibration reader test-stores $(BENCHMARKS)

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

python:
	@command -v $(PYTHON) >/dev/null || { echo "setup: wanted Python 3.11 or newer; got no '$(PYTHON)' in PATH. Install it, or name one: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: wanted Python 3.11 or newer; got $$($(PYTHON) --version 2>&1). Name another one: make setup PYTHON=python3.12" >&2; exit 1; }

setup: python ## install everything into .venv, once; says first how much it downloads
	@$(PYTHON) tools/setup.py $(if $(TORCH),--torch $(TORCH)) --pages $(PAGES)

demo: setup ## real pages in, real model, curated pairs and an HTML report out
	$(BIN)/bubblenet run --config conf/local.toml --input $(PAGES) --snapshot sample --warehouse $(WAREHOUSE) --limit $(LIMIT) --report $(REPORT) \
	  --set 'scoring.modes=["text", "page", "reverse_gain", "match_v1"]'

demo-rounds: setup ## M0, M1, M2 on the sample pages: fine-tune, judge, compare, promote or stop (30 to 45 minutes on 2 cores)
	$(BIN)/bubblenet seeds import starter --warehouse $(WAREHOUSE)
	$(BIN)/bubblenet iterate --rounds 2 --config conf/local.toml --input $(PAGES) --snapshot sample --warehouse $(WAREHOUSE) --limit $(ROUNDS_LIMIT) \
	  --set seeds.held_out_share=0.55 --set training.tokens=$(ROUNDS_TOKENS) --set assessment.items=$(ROUNDS_ITEMS) --set assessment.max_new_tokens=48 \
	  --set assessment.constrained_items=20 --report $(ROUNDS_REPORT) \
	  --set training.batch_examples=4 --set training.learning_rate=1e-3 --set export.min_grade=4 --set 'scoring.modes=["reverse_gain", "likelihood"]'

demo-languages: setup ## real pages in four languages: instructions in translation, paraphrases by round trip (4 to 10 minutes on 2 cores)
	$(BIN)/python tools/sample_pages.py --out $(GUIDE) --guide ca,en,es,fr
	$(BIN)/bubblenet run --config conf/local.toml --input $(GUIDE) --snapshot guide --warehouse $(LANGUAGES_WAREHOUSE) --limit $(LANGUAGES_LIMIT) \
	  --set 'translation.languages=["ca", "es", "fr"]' --set 'paraphrasing.pivots=["es", "ca", "eo", "gl", "es-fr-es"]' \
	  --set backtranslation.candidates=2 --set translation.min_meaning=0.5 --report $(LANGUAGES_REPORT) \
	  --set 'scoring.modes=["text", "reverse_gain", "likelihood", "contrast"]'

test: setup ## all tests but the nightly ones, in three processes with a Spark session each (TEST_PROCESSES=3): they wait a third of their time
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --durations 20

check: setup lint types unit ## linter, formatter, types, unit tests without a model: before every commit

unit:
	$(BIN)/python -m pytest tests/unit -q -m "not model and not spark and not slow and not nightly and not gpu"

mutation: setup ## one-token faults in the pure modules: how many the quick tests notice, and each that none does (MUTATION_SHARE=0.13 of all)
	$(BIN)/python -m tools.mutation --share $(MUTATION_SHARE)

nightly: setup build/stores/.moto build/stores/.hdfs ## the long tests (kills, random snapshots, every command of the docs), planted faults, then all benchmarks; hours
	$(BIN)/python -m pytest -m nightly
	$(MAKE) mutation
	$(MAKE) demo-rounds WAREHOUSE=build/rounds
	$(MAKE) demo-languages LANGUAGES_WAREHOUSE=build/languages
	$(MAKE) $(BENCHMARKS)

lint: ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: ## mypy on the package
	$(BIN)/mypy -p bubblenet

docs: ## make the pages and tables anew that are made of declarations: settings, tables, modes, rules, formats
	$(BIN)/python -m bubblenet.settings.reference
	$(BIN)/python -m bubblenet.viewing.reference docs/tables.md
	$(BIN)/python -m bubblenet.viewing.declarations docs

wheel: ## build dist/*.whl, and the same file as dist/bubblenet.zip for --py-files
	rm -rf build dist
	$(BIN)/python -m build --no-isolation --outdir dist
	cp dist/bubblenet-*.whl dist/bubblenet.zip

lock: ## recompute constraints.txt from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --extra dev --extra demo --extra train --extra translation -q pyproject.toml -o constraints.txt

labels: setup ## the labelled pairs with their passages out of Debian packages (330 MB), in build/labelled_pairs.jsonl and build/produced_*.jsonl
	$(BIN)/python -m tools.label_pairs join build/labelled_pairs.jsonl
	$(BIN)/python -m tools.produced_pairs join build/produced_fit.jsonl --side fit
	$(BIN)/python -m tools.produced_pairs join build/produced_held_out.jsonl --side held_out
	$(BIN)/python -m tools.produced_pairs join build/produced_sample.jsonl --side sample

calibration: labels ## fit the two calibrations that ship anew, on planted and on labelled pairs (about 40 minutes)
	$(BIN)/python -m tests.benchmarks.planted_pairs --set fit --out build/planted_pairs.jsonl
	cat build/planted_pairs.jsonl build/labelled_pairs.jsonl > build/calibration_pairs.jsonl
	$(BIN)/bubblenet calibrate --labels build/calibration_pairs.jsonl --out lib/bubblenet/judging/calibrations/smollm2-135m.json \
	  --generated-precision-5 0.28 --generated-precision 0.2 --set 'scoring.modes=["text", "reverse_gain", "likelihood", "contrast"]'
	cat build/calibration_pairs.jsonl build/produced_fit.jsonl > build/reader_calibration_pairs.jsonl
	$(BIN)/bubblenet calibrate --labels build/reader_calibration_pairs.jsonl --out lib/bubblenet/judging/calibrations/smollm2-135m-reader.json \
	  --generated-precision-5 0.5 --generated-precision 0.35 --set 'scoring.modes=["text", "page", "reverse_gain", "match_v1"]'

reader: setup ## the reader that ships anew: passages out of 58 Debian packages (250 MB), then training (READER_MINUTES=60 on 2 cores; a GPU where there is one)
	$(BIN)/python -m tools.mine_pairs --out build/reader_pairs.jsonl
	$(BIN)/bubblenet train-reader --pairs build/reader_pairs.jsonl --out lib/bubblenet/judging/readers/smollm2-135m \
	  --minutes $(READER_MINUTES) --max-tokens 256 --rank 8 --layers 18 --learning-rate 6e-4

bench-engine: setup ## model stages in Spark over a plain loop and a pipeline() UDF; prefix reuse; the same decision whatever the batch; with BEFORE=REVISION every operation beside that revision
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.engine 2> build/bench-engine.log || { tail -50 build/bench-engine.log; exit 1; }
	$(if $(BEFORE),$(BIN)/python -m tests.benchmarks.engine_versions $(BEFORE))

bench-near-duplicates: setup ## planted near copies at known similarity: found, beside exact comparison and the theory (about 2 minutes)
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.near_duplicates $(PAGES) 2> build/bench-near-duplicates.log || { tail -50 build/bench-near-duplicates.log; exit 1; }

bench-translation: setup ## planted mistakes that the judge of round trips finds, several pivots beside one, cost over the bare translator (about 10 minutes)
	$(BIN)/python -m tests.benchmarks.translation --many 10000

bench-consistency: setup ## the judge and the models on parallel pages in four languages, beside a noise floor (15 to 30 minutes; BENCH_ITEMS=40)
	$(BIN)/python tools/sample_pages.py --out $(GUIDE) --guide ca,en,es,fr
	$(BIN)/python -m tests.benchmarks.consistency $(GUIDE) --items $(BENCH_ITEMS)

bench-languages: setup ## models trained with and without paraphrases and translated instructions, asked in three languages (hours; BENCH_TOKENS=10000)
	$(BIN)/python tools/sample_pages.py --out $(GUIDE) --guide ca,en,es,fr
	$(BIN)/python -m tests.benchmarks.languages --guide $(GUIDE) --folder build/bench-languages --tokens $(BENCH_TOKENS) --set translation.min_meaning=0.5

bench-extraction: setup build/peers/.trafilatura-2.3.1 ## precision, recall and speed of our text beside Trafilatura and Resiliparse
	$(BIN)/python -m tests.benchmarks.extraction

bench-fidelity: setup ## headings, code, tables, list numbers, formulas and powers of 3,000 pages by 20 generators: how many arrive exactly (about 5 minutes)
	$(BIN)/python -m tests.benchmarks.fidelity

build/peers/.trafilatura-2.3.1:
	$(BIN)/python -m venv build/peers
	build/peers/bin/pip install -q trafilatura==2.3.1 lxml==6.1.3 lxml_html_clean==0.4.6
	@touch $@

test-stores: setup build/stores/.moto build/stores/.hdfs ## the whole pipeline on a real HDFS and on an S3 server (15 minutes; needs Maven)
	$(BIN)/python -m pytest -m nightly tests/spark/test_remote_stores.py

build/stores/.moto:
	$(BIN)/python -m venv build/stores/moto
	build/stores/moto/bin/pip install -q 'moto[server]==5.2.5'
	@touch $@

build/stores/.hdfs: tests/data/hdfs.pom.xml
	@command -v mvn >/dev/null || { echo "test-stores: wanted Maven; got no mvn in PATH. Install it (Debian: apt-get install maven)." >&2; exit 1; }
	mvn -q -B -f tests/data/hdfs.pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/build/stores/hdfs
	@touch $@

bench-corpus: setup ## documents/s of the corpus stages beside datatrove (about 30 minutes; BENCH_PAGES=20000 BENCH_CURVE=1000,5000 BENCH_ROUNDS=1)
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.corpus --pages $(BENCH_PAGES) --curve "$(BENCH_CURVE)" --rounds $(BENCH_ROUNDS) 2> build/bench-corpus.err \
	  || { tail -n 50 build/bench-corpus.err build/bench-corpus.log; exit 1; }

bench-damage: setup ## seeded cuts, flips and holes in WARC files: noticed, named, pages lost (about a minute)
	$(BIN)/python -m tests.benchmarks.damage

bench-rights: setup ## what it costs at ingest to keep what pages say about rights (about a minute; BENCH_HTML=folder of HTML files)
	$(BIN)/python -m tests.benchmarks.rights $(BENCH_HTML)

bench-memory: setup ## peak memory of a worker of the corpus stages by the number of its pages (half an hour)
	$(BIN)/python -m tests.benchmarks.memory

bench-fixed: setup ## what `bubblenet run` costs when there is little or nothing to do: seconds, queries, commits (about 5 minutes)
	$(BIN)/python -m tests.benchmarks.fixed $(PAGES)

bench-prompts: setup ## what each prompt template makes of the sample pages with the real model: kept by the gates, styles (about 4 minutes)
	$(BIN)/python tools/prompt_yield.py $(PAGES)

bench-finetune: setup ## fine-tuning as a Spark application over plain torchrun, tokens/s on the same shards (about 8 minutes)
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.finetune 2> build/bench-finetune.log || { tail -50 build/bench-finetune.log; exit 1; }

bench-rounds: setup ## the judge's selection beside random ones of one size, trained and assessed alike; the supervision curve (hours; BENCH_TOKENS=10000)
	$(BIN)/bubblenet seeds import starter --warehouse $(BENCH_WAREHOUSE)
	$(BIN)/bubblenet run --config conf/local.toml --input $(PAGES) --snapshot sample --warehouse $(BENCH_WAREHOUSE)
	$(BIN)/python -m tests.benchmarks.rounds --config conf/local.toml --warehouse $(BENCH_WAREHOUSE) --tokens $(BENCH_TOKENS) \
	  --set training.batch_examples=4 --set training.learning_rate=1e-3 --set assessment.max_new_tokens=48

bench-curation: setup ## do selected pairs teach more than random ones? A committed plan, a positive control first (CURATION_MINUTES=180; 0: all of the plan)
	$(BIN)/bubblenet run --config conf/local.toml --input $(PAGES) --snapshot sample --warehouse $(CURATION_WAREHOUSE) --limit $(CURATION_LIMIT) \
	  $(CURATION_SET)
	$(BIN)/python -m tests.benchmarks.curation --config conf/local.toml --warehouse $(CURATION_WAREHOUSE) --budget-minutes $(CURATION_MINUTES) \
	  $(CURATION_SET)

bench-judge: setup ## the judge on pages no fit has seen: AUC of every signal and of all, planted defects, price list, languages (about 40 minutes)
	$(BIN)/python -m tests.benchmarks.judge

bench-reader: setup ## the reader of mode match_v1 and cheap signals: AUC alone and in sets, price, injections, pairs never fitted on, packages never used (an hour)
	$(BIN)/python -m tests.benchmarks.reader

bench-candidates: setup ## what k candidates of a passage give and cost, by the calibrated judge (20 minutes; CANDIDATES_LIMIT=120)
	$(BIN)/bubblenet run --config conf/local.toml --input $(PAGES) --snapshot sample --warehouse build/candidates-warehouse --limit $(CANDIDATES_LIMIT) \
	  --set 'scoring.modes=["text", "page", "reverse_gain", "match_v1"]'
	$(BIN)/python -m tests.benchmarks.candidate_prices --warehouse build/candidates-warehouse

bench-history: setup ## what 2,000 new pages cost on histories of 10,000 to 1,000,000 passages, by stage (HISTORY=10000,100000,1000000; an hour)
	$(BIN)/python -m tests.benchmarks.history --history $(HISTORY) --pages $(HISTORY_PAGES)

bench-gates: setup ## what the gates refuse: of what people wrote in eleven languages, and of planted defects (about a minute)
	$(BIN)/python -m tests.benchmarks.gates

bench-privacy: setup ## personal data and secrets: recall and precision by kind, what masking costs a passage (about two minutes; BENCH_HTML=folder of HTML)
	$(BIN)/python -m tests.benchmarks.privacy $(BENCH_HTML)

bench-safety: setup ## adult pages, gambling and generated spam in ten languages: left out; false drops, cost, a list of 5 million domains (3 minutes)
	$(BIN)/python -m tests.benchmarks.safety

bench-injection: setup ## texts that talk to the judge, planted in bad pairs: lifted over the threshold with and without the defence (half an hour)
	$(BIN)/python -m tests.benchmarks.injection

bench-selection: setup ## the selection beside random ones: near-duplicate instructions, topics, seconds by pairs, beside greedy on one machine (10 minutes; BENCH_PAIRS=...)
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.selection --pairs $(BENCH_PAIRS) 2> build/bench-selection.log || { tail -50 build/bench-selection.log; exit 1; }

clean: ## remove what builds and demos leave; keeps .venv and the sample pages
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis spark-warehouse metastore_db derby.log $(WAREHOUSE)
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
