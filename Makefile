# Every target needs Rust, make and apt (Debian 12, Ubuntu 24.04); what else is missing, scripts/install-packages installs.

SHELL := /bin/bash
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
PREFIX ?= /usr
SYSCONFDIR ?= /etc
# Where libpam looks for modules: beside its own.
PAM_DIR ?= $(or $(patsubst %/pam_permit.so,%,$(firstword $(wildcard /usr/lib/*/security/pam_permit.so \
	/usr/lib64/security/pam_permit.so /usr/lib/security/pam_permit.so))),/usr/lib/security)
INSTALL_FILES = CARGO_TARGET_DIR=$(TARGET) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) SYSCONFDIR=$(SYSCONFDIR) PAM_DIR=$(PAM_DIR) \
	ZSH_DIR=$(ZSH_DIR) NAGIOS_DIR=$(NAGIOS_DIR) ROUNDCUBE_DIR=$(ROUNDCUBE_DIR) scripts/install-files
CARGO_DENY := $(TARGET)/tools/bin/cargo-deny
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ := $(TARGET)/tools/bin/cargo-fuzz
CARGO_FUZZ_VERSION := 0.13.2

# The programs that measure: linked without link-time optimization, which takes a minute for each of them and changes nothing that is measured.
MEASURE := CARGO_PROFILE_RELEASE_LTO=off cargo build --release -p postern-tests --bin

# Programs that were built for a test host are found there; see tests/src/host.rs.
IN_TEST_HOST = POSTERN_TEST_OUTPUT=$(TARGET)/test-output POSTERN_CHECKPASSWORD=$(TARGET)/static/postern-checkpassword \
	scripts/in-test-host

.DEFAULT_GOAL := help
.PHONY: help build install uninstall packages-deb packages-rpm packages-test fuzz guides-test man schema demo demo-ldap demo-webmail test test-all transcripts docs-check lint bench bench-codes bench-connections bench-flood bench-mail bench-mail-2.4 bench-profile bench-scale bench-ssh bench-timing bench-webmail soak faults test-packages test-packages-all deb-tools rpm-tools

help: ## What can be made
	@sed -nE 's/^([a-z0-9.-]+):.* ## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## Build the programs for use, into target/release and target/static
	scripts/build release

install: ## Install what `make build` built, under DESTDIR, PREFIX (/usr) and SYSCONFDIR (/etc)
	$(INSTALL_FILES) install

uninstall: ## Take away what `make install` installed; configuration and data stay
	$(INSTALL_FILES) uninstall

packages-deb: deb-tools build ## Make the Debian packages, into target/packages (Debian 12 and 13, Ubuntu 24.04)
	scripts/licences
	scripts/build-deb

packages-rpm: rpm-tools build ## Make the packages for RHEL 9 and its kin, into target/packages
	scripts/licences
	scripts/build-rpm

packages-test: deb-tools rpm-tools packages-deb packages-rpm ## Install, upgrade, remove and purge the packages, on Debian 12 and 13 booted by systemd
	scripts/packages-test

man: ## Write the manual and the completions of the command line anew from its own help
	POSTERN_WRITE_MAN=1 cargo test --workspace --bin postern -- the_man_pages_are_those_of_the_command_line

schema: ## Write ldap-schema anew from its one table
	POSTERN_WRITE_SCHEMA=1 cargo test --workspace --bin postern -- the_files_of_ldap_schema_are_those_that_are_printed

demo: test-packages ## Show it: a real Dovecot, app passwords, a second factor, a browser (KEEP=1: leave all running)
	scripts/build dev
	cargo build -p postern-tests --bin demo
	$(IN_TEST_HOST) $(TARGET)/debug/demo $(if $(KEEP),--keep)

demo-ldap: test-packages ## The same on a real slapd and a real Redis
	scripts/build dev
	cargo build -p postern-tests --bin demo-ldap
	$(IN_TEST_HOST) $(TARGET)/debug/demo-ldap

demo-webmail: test-packages ## Web mail behind the second step: a real Roundcube in a real browser
	scripts/build dev
	cargo build -p postern-tests --bin demo-webmail
	$(IN_TEST_HOST) $(TARGET)/debug/demo-webmail

test: test-packages ## Run all tests but the long ones, on real software in a private test host
	scripts/build dev
	scripts/run-tests

test-all: test-packages-all ## Run all tests
	scripts/build dev
	scripts/run-tests --all
	# So that the targets do not rot; only `make fuzz` runs them.
	scripts/fuzz --check

fuzz: test-packages $(CARGO_FUZZ) ## Fuzz what reads untrusted input: FUZZ_SECONDS (30) for each of FUZZ_TARGETS (all)
	scripts/fuzz --seconds $(or $(FUZZ_SECONDS),30) $(FUZZ_TARGETS)

guides-test: test-packages-all packages-deb ## Follow the guides literally on Debian 12 and 13, booted by systemd (about an hour)
	scripts/guides-test

transcripts: test-packages ## Write docs/transcripts anew: what people see, in each language
	scripts/build dev
	POSTERN_WRITE_TRANSCRIPTS=1 scripts/run-tests transcripts
	POSTERN_WRITE_TRANSCRIPTS=1 scripts/run-tests web -- every_view
	@echo "Pictures of the pages: $(TARGET)/test-output/web"

docs-check: ## Compare the documents, man pages and examples with the programs and the package
	cargo test -q --workspace --test docs_check
	scripts/guides-test --check

lint: $(CARGO_DENY) ## Check formatting, lints, cycles between files, documents, licences and who may depend on whom
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	# Of the whole workspace, so that nothing is built twice with other features.
	cargo test -q --workspace --test source_layout --test docs_check
	scripts/guides-test --check
	$(CARGO_DENY) check bans licenses

bench: bench-codes bench-connections bench-flood bench-mail bench-profile bench-scale bench-ssh bench-webmail ## All benchmarks but bench-timing, which takes long, and bench-mail-2.4, which fetches packages, one after the other; tables, JSON and charts in target/results
	$(MEASURE) bench-summary
	$(TARGET)/release/bench-summary

bench-codes: test-packages ## Compare codes checked a second with other modules of PAM
	scripts/build release
	$(MEASURE) bench-codes
	$(IN_TEST_HOST) $(TARGET)/release/bench-codes

bench-connections: test-packages ## Compare whole connections of IMAP and SMTP with TLS: Postern, Dovecot's passdb ldap, passdb static
	scripts/build release
	$(MEASURE) bench-connections
	$(IN_TEST_HOST) $(TARGET)/release/bench-connections

bench-flood: test-packages ## Measure what valid logins wait beside 5,000 wrong ones a second
	scripts/build release
	$(MEASURE) bench-flood
	$(IN_TEST_HOST) $(TARGET)/release/bench-flood

bench-mail: test-packages ## Compare logins a second with programs that do nothing, Dovecot's passdb ldap, and other PAM modules
	scripts/fetch-nslcd
	scripts/build release
	$(MEASURE) bench-mail
	$(IN_TEST_HOST) $(TARGET)/release/bench-mail

bench-mail-2.4: test-packages ## The same with the Dovecot of Debian 13, which has no checkpassword
	scripts/fetch-nslcd
	scripts/fetch-dovecot-2.4
	scripts/build release
	$(MEASURE) bench-mail
	$(IN_TEST_HOST) $(TARGET)/release/bench-mail dovecot-2.4

bench-profile: test-packages ## Show which program spends the time of a login, at each door
	scripts/fetch-nslcd
	scripts/build release
	$(MEASURE) bench-profile
	$(IN_TEST_HOST) $(TARGET)/release/bench-profile

bench-scale: test-packages ## Measure what many accounts cost: memory, a restart, credentials, hosts, a million entries in LDAP
	scripts/build release
	$(MEASURE) bench-scale
	$(IN_TEST_HOST) $(TARGET)/release/bench-scale

bench-ssh: test-packages ## Compare logins a second by ssh with pam_unix, and with pam_google_authenticator beside it
	scripts/build release
	$(MEASURE) bench-ssh
	$(IN_TEST_HOST) $(TARGET)/release/bench-ssh

bench-timing: test-packages ## Compare how long refusals take, for what that tells about accounts
	scripts/build release
	$(MEASURE) bench-timing
	$(IN_TEST_HOST) $(TARGET)/release/bench-timing

bench-webmail: test-packages ## Compare logins of a web mail with others, and measure the gate
	scripts/build release
	$(MEASURE) bench-webmail
	$(IN_TEST_HOST) $(TARGET)/release/bench-webmail

soak: test-packages ## Log in 100,000 times, and beside a flood of wrong logins: memory, descriptors, keys (SOAK_LOGINS=2000: a short one)
	scripts/build release
	$(MEASURE) soak
	$(IN_TEST_HOST) $(TARGET)/release/soak $(SOAK_LOGINS)

faults: test-packages ## Print what people see at every door while a server fails (ONLY="ldap redis/slow": these rows)
	scripts/build dev
	cargo build -p postern-tests --bin fault-table
	$(IN_TEST_HOST) $(TARGET)/debug/fault-table $(ONLY)

# Before the build, which takes long, and not after it.
deb-tools:
	@scripts/build-deb --check

rpm-tools:
	@scripts/build-rpm --check

test-packages:
	@scripts/install-packages
	@scripts/fetch-axe

test-packages-all:
	@scripts/install-packages --all
	@scripts/fetch-axe

$(CARGO_FUZZ):
	cargo install --locked --debug --root $(TARGET)/tools cargo-fuzz@$(CARGO_FUZZ_VERSION)

$(CARGO_DENY):
	cargo install --locked --debug --root $(TARGET)/tools cargo-deny@$(CARGO_DENY_VERSION)
