# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door.  "make help" lists what there is; everything that is built lies
# below build/.
#
#   make KVER=6.1          the module for another installed kernel (a beginning
#                          of its version is enough)
#   make KDIR=/path        ... for a kernel tree
#   make V=1 check         show what the steps print while they run

VERSION := $(shell cat VERSION)
PREFIX  ?= /usr
DESTDIR ?=
KVER    ?=
KDIR    ?=

B         := build
sbindir    = $(DESTDIR)$(PREFIX)/sbin
mandir     = $(DESTDIR)$(PREFIX)/share/man
unitdir    = $(DESTDIR)$(PREFIX)/lib/systemd/system
compdir    = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
docdir     = $(DESTDIR)$(PREFIX)/share/doc/rtun
srcdir     = $(DESTDIR)/usr/src/rtun-$(VERSION)

all: kmod tools ## module and program

help: ## this list
	@awk -F ':.* ## ' '/^[a-z-]+:.* ## / { printf "  make %-14s%s\n", $$1, $$2 }' Makefile

kmod: ## rtun.ko for the running kernel, or KVER=, or KDIR=
	@scripts/build-kmod "$(KVER)" "$(KDIR)" $(if $(RTUN_WERROR),RTUN_WERROR=1 W=1) $(if $(RTUN_DEBUG),RTUN_DEBUG=1)

tools: $(B)/tools/build.ninja ## the program, build/tools/rtun
	@cmake --build $(B)/tools

$(B)/tools/build.ninja:
	@cmake -S tools -B $(B)/tools -G Ninja $(if $(RTUN_WERROR),-DRTUN_WERROR=ON)

selftests: ## the small programs that the selftests use
	@$(MAKE) -s -C selftests OUTPUT=$(CURDIR)/$(B)/selftests

style: ## what a machine can judge of the style
	@scripts/style

test: ## the quick part: style and unit tests
	@scripts/suite test

check: ## all but the long selftests, on 6.1, 6.12 and the debug kernel: what CI runs
	@scripts/suite check

check-long: ## the full matrices: check, the long selftests, clang, sanitizers, fuzzers; ROUNDS=N repeats
	@scripts/suite check-long

fuzz: ## each fuzzer for a minute (FUZZ_SECONDS=)
	@scripts/suite fuzz

cost: ## instructions per packet, counted in a guest
	@scripts/suite cost

bench: ## rtun beside the kernel's own drivers, as a page: docs/benchmarks; KERNELS=, QUICK=1, PLANES=, HOST=1
	@KERNELS="$(KERNELS)" QUICK="$(QUICK)" PLANES='$(PLANES)' HOST="$(HOST)" scripts/bench

demo: ## the whole story in a throw-away VM
	@scripts/demo

install: tools install-files dkms-install ## module (by DKMS), program, unit, man pages, completion

install-files:
	install -d -m 755 $(sbindir) $(mandir)/man5 $(mandir)/man8 $(unitdir) $(compdir) $(docdir)
	install -s -m 755 $(B)/tools/rtun $(sbindir)/rtun
	install -m 644 man/*.8 $(mandir)/man8/
	install -m 644 man/*.5 $(mandir)/man5/
	install -m 644 etc/rtun.service $(unitdir)/rtun.service
	install -m 644 etc/rtun.bash-completion $(compdir)/rtun
	install -m 644 README.md NEWS etc/rtun.conf.example etc/modprobe.d/*.conf $(docdir)/
	install -d -m 700 $(DESTDIR)/etc/rtun
	rm -rf $(srcdir)
	install -d -m 755 $(srcdir)
	cp -r --no-preserve=mode,ownership dkms.conf Kbuild VERSION kmod uapi $(srcdir)/
	$(if $(DESTDIR),,! command -v systemctl >/dev/null || systemctl daemon-reload || true)

dkms-install: ## build and install the module by DKMS for every installed kernel
ifeq ($(DESTDIR),)
	test -d $(srcdir) || { install -d $(srcdir) && cp -r --no-preserve=mode,ownership dkms.conf Kbuild VERSION kmod uapi $(srcdir)/; }
	! dkms status -m rtun -v $(VERSION) | grep -q . || dkms remove -m rtun -v $(VERSION) --all
	dkms add -m rtun -v $(VERSION)
	for k in $$(scripts/pick-kernel --all); do dkms install -m rtun -v $(VERSION) -k $$k || [ $$? -eq 77 ] || exit 1; done
else
	@echo "The module's source is in $(srcdir); dkms is not run for a DESTDIR."
endif

uninstall: ## take all that off again
ifeq ($(DESTDIR),)
	! dkms status -m rtun -v $(VERSION) | grep -q . || dkms remove -m rtun -v $(VERSION) --all
endif
	rm -rf $(srcdir) $(docdir)
	rm -f $(sbindir)/rtun $(unitdir)/rtun.service $(compdir)/rtun
	rm -f $(addprefix $(mandir)/man8/,$(notdir $(wildcard man/*.8))) $(addprefix $(mandir)/man5/,$(notdir $(wildcard man/*.5)))
	-rmdir $(DESTDIR)/etc/rtun 2>/dev/null
	$(if $(DESTDIR),,! command -v systemctl >/dev/null || systemctl daemon-reload || true)

clean: ## remove build/
	rm -rf $(B)

.PHONY: all help kmod tools selftests style test check check-long fuzz cost bench demo \
	install install-files dkms-install uninstall clean
