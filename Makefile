# Every target needs Rust, make and apt (Debian 12, Ubuntu 24.04); what else is missing, scripts/install-packages installs.

SHELL := /bin/bash
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
PREFIX ?= /usr
# Where libpam looks for modules: beside its own.
PAM_DIR ?= $(or $(patsubst %/pam_permit.so,%,$(firstword $(wildcard /usr/lib/*/security/pam_permit.so \
	/usr/lib64/security/pam_permit.so /usr/lib/security/pam_permit.so))),/usr/lib/security)
CARGO_DENY := $(TARGET)/tools/bin/cargo-deny
CARGO_DENY_VERSION := 0.20.2

# Programs that were built for a test host are found there; see tests/src/host.rs.
IN_TEST_HOST = POSTERN_TEST_OUTPUT=$(TARGET)/test-output POSTERN_CHECKPASSWORD=$(TARGET)/static/postern-checkpassword \
	scripts/in-test-host

.DEFAULT_GOAL := help
.PHONY: help build install man schema demo demo-ldap demo-webmail test test-all transcripts lint bench-codes bench-mail bench-scale bench-webmail packages packages-all

help: ## What can be made
	@sed -nE 's/^([a-z-]+):.* ## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## Build the programs for use, into target/release and target/static
	scripts/build release

install: ## Install what `make build` built, under DESTDIR and PREFIX (/usr)
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $(TARGET)/release/posternd $(TARGET)/release/postern-web
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(TARGET)/release/postern
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/postern $(TARGET)/static/postern-checkpassword
	install -D -m 644 $(TARGET)/release/pam_postern.so $(DESTDIR)$(PAM_DIR)/pam_postern.so.new
	mv -f $(DESTDIR)$(PAM_DIR)/pam_postern.so.new $(DESTDIR)$(PAM_DIR)/pam_postern.so
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 docs/man/*.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 docs/man/*.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/man/*.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system packaging/systemd/posternd.* packaging/systemd/postern-web.service
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/sysusers.d packaging/sysusers.d/postern.conf packaging/sysusers.d/postern-web.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/tmpfiles.d packaging/tmpfiles.d/postern.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/postern/ldap-schema ldap-schema/*
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/postern README.md CHANGELOG.md SECURITY.md docs/*.md packaging/*.toml
	cp -r packaging/dovecot-2.3 packaging/postfix packaging/fail2ban packaging/pam packaging/sshd packaging/proxy packaging/sogo \
		$(DESTDIR)$(PREFIX)/share/doc/postern/
	install -D -m 644 pam-module/LICENSE-GPL $(DESTDIR)$(PREFIX)/share/doc/postern/LICENSE-GPL

man: ## Write the manual of the command line anew from its own help
	POSTERN_WRITE_MAN=1 cargo test -p postern the_man_pages_are_those_of_the_command_line

schema: ## Write ldap-schema anew from its one table
	POSTERN_WRITE_SCHEMA=1 cargo test -p postern the_files_of_ldap_schema_are_those_that_are_printed

demo: packages ## Show it: a real Dovecot, app passwords, a second factor, a browser (KEEP=1: leave all running)
	scripts/build dev
	cargo build -p postern-tests --bin demo
	$(IN_TEST_HOST) $(TARGET)/debug/demo $(if $(KEEP),--keep)

demo-ldap: packages ## The same on a real slapd and a real Redis
	scripts/build dev
	cargo build -p postern-tests --bin demo-ldap
	$(IN_TEST_HOST) $(TARGET)/debug/demo-ldap

demo-webmail: packages ## Web mail behind the second step: a real Roundcube in a real browser
	scripts/build dev
	cargo build -p postern-tests --bin demo-webmail
	$(IN_TEST_HOST) $(TARGET)/debug/demo-webmail

test: packages ## Run all tests but the long ones, on real software in a private test host
	scripts/build dev
	scripts/run-tests

test-all: packages-all ## Run all tests
	scripts/build dev
	scripts/run-tests --all

transcripts: packages ## Write docs/transcripts anew: what people see, in each language
	scripts/build dev
	POSTERN_WRITE_TRANSCRIPTS=1 scripts/run-tests transcripts
	POSTERN_WRITE_TRANSCRIPTS=1 scripts/run-tests web -- every_view
	@echo "Pictures of the pages: $(TARGET)/test-output/web"

lint: $(CARGO_DENY) ## Check formatting, lints, cycles between files, licences and who may depend on whom
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	# Of the whole workspace, so that nothing is built twice with other features.
	cargo test -q --workspace --test source_layout
	$(CARGO_DENY) check bans licenses

bench-codes: packages ## Compare codes checked a second with other modules of PAM
	scripts/build release
	cargo build --release -p postern-tests --bin bench-codes
	$(IN_TEST_HOST) $(TARGET)/release/bench-codes

bench-mail: packages ## Compare logins a second with programs that do nothing, and with Dovecot's passdb ldap
	scripts/build release
	cargo build --release -p postern-tests --bin bench-mail
	$(IN_TEST_HOST) $(TARGET)/release/bench-mail

bench-scale: packages ## Measure posternd's memory with 10,000 accounts, and what a large LDAP costs a login
	scripts/build release
	cargo build --release -p postern-tests --bin bench-scale
	$(IN_TEST_HOST) $(TARGET)/release/bench-scale

bench-webmail: packages ## Compare logins of a web mail with others, and measure the gate
	scripts/build release
	cargo build --release -p postern-tests --bin bench-webmail
	$(IN_TEST_HOST) $(TARGET)/release/bench-webmail

packages:
	@scripts/install-packages
	@scripts/fetch-axe

packages-all:
	@scripts/install-packages --all
	@scripts/fetch-axe

$(CARGO_DENY):
	cargo install --locked --debug --root $(TARGET)/tools cargo-deny@$(CARGO_DENY_VERSION)
