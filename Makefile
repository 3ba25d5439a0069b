# Every recipe is a line or two; what is longer is a program of its own.
PREFIX  ?= /usr
# mount(8) looks for mount.fsxlustre in /sbin only.
SBINDIR ?= /sbin
# Debian's; elsewhere it is site-functions.
ZSHDIR  ?= $(PREFIX)/share/zsh/vendor-completions
DESTDIR ?=
SYSCONFDIR ?= /etc
CARGO   ?= cargo
BUILT   := $(or $(CARGO_TARGET_DIR),target)/release
PACKAGES := $(or $(CARGO_TARGET_DIR),target)/packages
# What is linked in, written by packaging/provenance beside the packages.
LINKED  := $(PACKAGES)
INSTALL ?= install

# Of each target of fuzz/.
FUZZ_SECONDS ?= 30

# Makes large client trees for `make bench`, where it is there; else the tests' own generator does.
TREES ?= $(wildcard ../shared/bench/grow_tree.py)

.PHONY: all demo test check bench bench-cardinality fuzz deb rpm reproducible install clean

all:
	$(CARGO) build --release --locked
	./packaging/provenance $(LINKED)

# The main job from end to end, in a namespace of its own.
demo:
	./tests/prepare demo
	$(CARGO) build --release --locked --workspace --bins
	$(BUILT)/demo

# All tests. Many of them wait, so there are two more than processors at a time.
test:
	./tests/prepare test
	./tests/build
	$(CARGO) test --locked --workspace --doc
	PATH="$(CURDIR)/target/tools/bin:$$PATH" $(CARGO) nextest run --locked --workspace --no-fail-fast \
		--test-threads $$(($$(nproc) + 2))

# Format, lints, docs, dependencies.
check:
	./tests/check

# Speeds, as ratios against something measured in the same run.
bench:
	./tests/prepare bench
	$(CARGO) build --release --locked --workspace --bins
	$(BUILT)/bench
	$(BUILT)/bench-metrics $(TREES:%=--trees %)
	$(BUILT)/bench-hooks
	$(BUILT)/bench-layout
	$(BUILT)/bench-hsm

# What a real Prometheus needs for 100, 1,000 and 4,000 nodes: five minutes, and 14 GiB free for the last.
bench-cardinality:
	./tests/prepare bench-cardinality
	$(CARGO) build --release --locked --workspace --bins
	$(BUILT)/bench-cardinality

# Any bytes for the parsers of the kernel's texts. Without AddressSanitizer: it needs nightly, and there is no unsafe code in them.
fuzz:
	./tests/prepare fuzz
	./tests/fuzz $(FUZZ_SECONDS)

# target/packages/fsxlustre_VERSION-1_amd64.deb, of programs for glibc 2.26 and later.
deb:
	./tests/prepare packages
	./packaging/build
	./packaging/provenance $(LINKED)
	./packaging/deb/build $(PACKAGES)

# target/packages/fsxlustre-VERSION-1.x86_64.rpm, of the same programs.
rpm:
	./tests/prepare packages
	./packaging/build
	./packaging/provenance $(LINKED)
	./packaging/rpm/build $(PACKAGES)

# Two builds of this commit in two folders, from nothing, compared: it takes as long as that.
reproducible:
	./tests/prepare packages
	./packaging/reproduce

install:
	$(INSTALL) -D -m 0755 $(BUILT)/fsxlustre $(DESTDIR)$(PREFIX)/bin/fsxlustre
	$(INSTALL) -D -m 0755 $(BUILT)/mount-fsxlustre $(DESTDIR)$(SBINDIR)/mount.fsxlustre
	$(INSTALL) -D -m 0755 $(BUILT)/umount-fsxlustre $(DESTDIR)$(SBINDIR)/umount.fsxlustre
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(SYSCONFDIR)/fsxlustre packaging/config/fsxlustre.toml
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/fsxlustre CHANGELOG.md README.md SECURITY.md
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/fsxlustre $(LINKED)/THIRD-PARTY-LICENSES
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre agent/data/compatibility.toml
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/iam packaging/iam/*.json packaging/iam/policies.yaml packaging/iam/README.md
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/ssm/associations packaging/ssm/associations/*
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/ssm packaging/ssm/*.json
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/prometheus packaging/prometheus/*.yml
	$(INSTALL) -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/prometheus packaging/prometheus/slurm-targets
	$(INSTALL) -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/slurm packaging/slurm/task-prolog packaging/slurm/unkillable-step packaging/slurm/epilog-slurmctld packaging/slurm/health-check
	$(INSTALL) -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/slurm/prolog.d packaging/slurm/prolog.d/*
	$(INSTALL) -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/slurm/epilog.d packaging/slurm/epilog.d/*
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/slurm packaging/slurm/slurm.conf packaging/slurm/nhc.conf packaging/slurm/README.md
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/prometheus/rules packaging/prometheus/rules/*.yml
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/prometheus/site packaging/prometheus/site/*.yml
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/grafana packaging/grafana/*.yml
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fsxlustre/grafana/dashboards packaging/grafana/dashboards/*.json
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system packaging/systemd/*.service packaging/systemd/*.socket packaging/systemd/*.timer
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system-preset packaging/systemd/*.preset
	$(INSTALL) -D -m 0644 packaging/systemd/fsxlustre.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/fsxlustre.conf
	$(INSTALL) -D -m 0644 packaging/systemd/fsxlustre.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/fsxlustre.conf
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/bash-completion/completions packaging/completions/fsxlustre
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(ZSHDIR) packaging/completions/_fsxlustre
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d packaging/completions/fsxlustre.fish
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man1 packaging/man/*.1
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man5 packaging/man/*.5
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man7 packaging/man/*.7
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man8 packaging/man/*.8

clean:
	$(CARGO) clean
