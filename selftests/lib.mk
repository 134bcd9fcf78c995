# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel's lib.mk offers and this folder uses: the targets all,
# run_tests, list, list-all, list-extended, install (INSTALL_PATH=) and clean over TEST_PROGS,
# TEST_PROGS_EXTENDED, TEST_GEN_FILES and TEST_FILES.

OUTPUT ?= $(CURDIR)
gen := $(addprefix $(OUTPUT)/,$(TEST_GEN_FILES))

all: $(gen)

# A program is one .c; what they share is in headers there.
$(OUTPUT)/gen/%: gen/%.c $(wildcard gen/*.h) $(wildcard ../uapi/linux/*.h)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)

$(OUTPUT)/gen/%.so: gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared $(LDFLAGS) -o $@ $<

list:
	@printf '%s\n' $(TEST_PROGS)

list-all:
	@printf '%s\n' $(TEST_PROGS) $(TEST_PROGS_EXTENDED)

list-extended:
	@printf '%s\n' $(TEST_PROGS_EXTENDED)

run_tests: all
	@RTUN_GEN=$(OUTPUT)/gen ./run.sh

install: all
	@test -n "$(INSTALL_PATH)" || { echo "install: say where with INSTALL_PATH=" >&2; exit 1; }
	install -d $(INSTALL_PATH)/gen
	cp -r $(TEST_PROGS) $(TEST_PROGS_EXTENDED) $(TEST_FILES) Makefile lib.mk $(INSTALL_PATH)/
	install $(gen) $(INSTALL_PATH)/gen/

clean:
	rm -f $(gen)

.PHONY: all list list-all list-extended run_tests install clean
