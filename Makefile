# Thin: every target is one command that can be typed by hand.
BUILD ?= build
TIME ?= 60

.PHONY: all setup build web demo test test-web golden test-sanitizers lint format bench bench-report profile-cpu profile-memory profile-instructions scale effort bench-setup fuzz soak install clean

all: build

setup:            ## install what is missing (apt); print package names elsewhere
	@tools/setup

build: setup      ## compile pare, pare-worker and the libraries
	@tools/build $(BUILD)

web:              ## build the page of `pare serve`; the next build puts it into pare
	@tools/web

demo: build       ## optimize real photographs and show the result
	@tools/demo $(BUILD)

test: build       ## run all tests
	@tools/test $(BUILD)

test-web: setup web ## test the page in a browser (chromium)
	@tools/build $(BUILD)
	@tools/test-web $(BUILD)

golden: build     ## rewrite the table of sizes after a change that is meant
	@$(BUILD)/tests/golden/golden_sizes --write tests/golden/sizes.csv

test-sanitizers: setup ## the same tests under ASan and UBSan
	@tools/test-sanitizers

lint:             ## format, layers, headers, sizes, compiler warnings
	@tools/setup lint
	@tools/lint $(BUILD)

format:           ## rewrite all C files in the house format
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: build      ## compare bytes, time and memory with the peers that are installed; QUICK=1, CORPUS=
	@bench/run $(BUILD)

bench-report:     ## write docs/benchmarks.md of the last bench
	@bench/report --publish

profile-cpu: build ## where a batch spends its time: profile/cpu.svg
	@tools/profile-cpu $(BUILD)

profile-memory: setup ## what holds the memory at its peak: profile/memory.txt
	@tools/build build-valgrind -Djxl=disabled
	@tools/profile-memory build-valgrind

profile-instructions: setup ## instruction counts against the stored ones; WRITE=--write stores them
	@tools/build build-valgrind -Djxl=disabled # whose libhwy valgrind cannot run
	@tools/profile-instructions build-valgrind $(WRITE)

scale: build      ## time, memory and ledger against the number of files; MOST=, LARGE=
	@bench/scale $(BUILD)

effort: build     ## bytes and CPU of each level of effort; QUICK=1, CORPUS=
	@bench/effort $(BUILD)

bench-setup:      ## install the peers
	@bench/setup

fuzz:             ## run each fuzzer for TIME seconds
	@tools/setup lint
	@fuzz/run $(TIME)

soak: build       ## batches under trouble for TIME seconds
	@tools/soak $(BUILD) $(TIME)

install: build    ## install into the prefix of the build
	@meson install -C $(BUILD)

clean:
	@rm -rf $(BUILD) build-lint build-fuzz build-valgrind demo
