# Make in front, Meson and Ninja behind. `make help` lists what there is.
# P: where it is installed (bin, lib, share); B: the objects; D: the data directory.
P ?= $(CURDIR)/build
B ?= $(P)/obj
D ?= var
# For make fuzz: seconds a target. For make sanitize: which sanitizers.
T ?= 60
SAN ?= none
# For make test: one floor or room (host/store), house, web, e2e or one file of it (kill).
# Tests of a floor want only the floors up to it to compile.
ONLY ?=
part := $(firstword $(subst /, ,$(ONLY)))
floor := $(filter base pure host trust data service face,$(part))
export YM_SHARED ?= $(wildcard $(CURDIR)/../shared)

build: setup ## build/bin/yunmeng and build/bin/yunmeng-engine
	@scripts/build $(B) $(P) $(SAN)
up: build web ## everything, then the server in the background with the demonstration
	@scripts/up $(P) $(D)
down: ## stop the server of `make up`
	@scripts/down $(D)
run: build web ## the server in the foreground
	@test -f $(D)/yunmeng.yaml || $(P)/bin/yunmeng init --demo --data $(D)
	@exec $(P)/bin/yunmeng serve --data $(D)
setup: ## what apt and npm provide
	@scripts/setup $(P)
setup-test: setup
	@scripts/apt-need deps/apt-test.txt
setup-dev: setup
	@scripts/apt-need deps/apt-dev.txt
web: setup ## the portal's pages, into build/share/yunmeng/web
	@scripts/web $(P)

# The tests of a floor, of house/ and of web/ need not the whole.
whole := $(if $(floor)$(filter house web,$(part)),,build web)
tests: setup-test $(whole)
	@scripts/build $(B) $(P) $(SAN) tests$(addprefix -,$(floor)$(filter house web,$(part)))
run_tests = rm -f $(B)/meson-logs/testlog.json; meson test -C $(B) --no-rebuild --print-errorlogs
test: tests ## every test; ONLY=host/store for a part
	@$(run_tests) $(addprefix --suite ,$(ONLY)); scripts/tally $(B)
sanitize: ## the tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory test P=$(P)/sanitize B=$(P)/sanitize/obj SAN=address,undefined
torture: tests ## the kill tests, 200 kills
	@export YM_KILLS=200; $(run_tests) --suite kill --suite quarantine_kill -t 10; scripts/tally $(B)
bench: tests ## what docs/performance.md says; ONLY=load for one
	@meson test -C $(B) --no-rebuild --benchmark --verbose $(ONLY)
fuzz: setup-dev ## each libFuzzer target for T=60 seconds; ONLY=name for one
	@scripts/fuzz $(P) $(T) $(ONLY)
lint: setup-dev build web ## clang-tidy, format, include order, hardening, the portal's types and linter
	@scripts/lint $(P) $(B)
deb: setup-dev build web ## Debian packages in build/deb
	@scripts/deb $(P)
bundle: deb ## build/bundle: installs on a Debian 12 machine without any network
	@scripts/bundle $(P)
bundle-test: bundle ## install it in a fresh Debian without a network, load a file, read it (minutes)
	@scripts/bundle-test $(P)
fmt: setup-dev ## put the C sources into our shape
	@scripts/c-files | xargs -r clang-format-14 -i
clean: ## remove what was built; the data and the user's cache stay
	rm -rf $(P) web/node_modules tests/node_modules
help:
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 12

.PHONY: build up down run setup setup-test setup-dev web tests test sanitize torture bench fuzz lint \
	fmt clean help deb bundle bundle-test
