# SPDX-License-Identifier: BSD-2-Clause
#
# uverbs-bpf, built out of tree; `make help` says what there is. Each directory has a Makefile of
# its own that builds by default and has targets install (honours DESTDIR) and clean; kernel/ has a
# Kbuild file.

prefix ?= /usr
DESTDIR ?=
KDIR ?= /lib/modules/$(shell uname -r)/build
export prefix DESTDIR KDIR

# Native where the host is as new as the oldest system we build on and has the tools; elsewhere
# the work is done in the project's own build root. NATIVE=1 or NATIVE= decide by hand.
# bpftool is where a user's PATH does not lead.
NATIVE ?= $(shell . /etc/os-release && [ "$$ID" = debian ] && [ "$${VERSION_ID:-99}" -ge 13 ] && \
	  [ -e "$(KDIR)/Makefile" ] || exit; PATH=$$PATH:/usr/sbin; \
	  for tool in clang gcc pahole bpftool pkg-config; do \
		command -v $$tool >/dev/null || exit; \
	  done; \
	  pkg-config --exists libbpf libibverbs && echo 1)

# In the order of dependence. What tests and benchmarks need is built for the test machine only.
parts = $(patsubst %/Makefile,%,$(wildcard $(addsuffix /Makefile,bpf user tools/uverbs-bpf tools/providers)))
test_parts = $(patsubst %/Makefile,%,$(wildcard tests/*/Makefile tools/bench/Makefile))
each = @set -e; for part in $(1); do $(MAKE) -C $$part $(2); done

.DELETE_ON_ERROR:
.PHONY: all module parts tests install install-tests clean distclean-cache help \
	demo check check-quick check-full conformance kunit shell bench

ifneq ($(NATIVE),)

all: module parts

module: $(wildcard kernel/Kbuild kernel/Makefile)
	$(if $^,$(MAKE) -C $(KDIR) M=$(CURDIR)/kernel modules)
	$(if $^,tools/build/check-twins $(KDIR) kernel/uverbs_bpf.ko)

parts: module
	$(call each,$(parts))

tests: parts
	$(call each,$(test_parts))

# The release the module was built for; its last directory holds what does not come with Linux.
release = $(shell $(MAKE) --silent --no-print-directory -C $(KDIR) kernelrelease)
install: all
	for module in kernel/*.ko; do \
		[ -e $$module ] || continue; \
		install -D -m 644 -t $(DESTDIR)/lib/modules/$(release)/updates $$module && \
		strip --strip-debug $(DESTDIR)/lib/modules/$(release)/updates/$${module##*/} || \
			exit; \
	done
	install -D -m 644 -t $(DESTDIR)/etc/modprobe.d etc/modprobe.d/uverbs_bpf.conf
	$(call each,$(parts),install)
	$(if $(DESTDIR),,depmod $(release) && ldconfig)

install-tests: tests
	$(call each,$(filter tests/%,$(test_parts)),install)

clean:
	if [ -e $(KDIR)/Makefile ]; then $(MAKE) -C $(KDIR) M=$(CURDIR)/kernel clean; fi
	$(call each,$(parts) $(test_parts),clean)

else

# With KDIR on the command line for that kernel, otherwise for the stable test kernel.
build = tools/vm/build --verbose $(if $(filter command line,$(origin KDIR)),--kdir=$(KDIR))

all:
	@product=$$($(build)) && echo "built in $$product/install, make install DESTDIR= copies it"

install:
	@[ -n "$(DESTDIR)" ] || { \
		echo "make install: this was built for Debian 13; DESTDIR= must say where to" >&2; \
		exit 1; }
	product=$$($(build)) && mkdir -p "$(DESTDIR)" && cp -a "$$product/install/." "$(DESTDIR)/"

clean:
	tools/vm/build --clean

endif

distclean-cache:
	tools/vm/clean

demo:
	tools/demo/run

check:
	tests/run

check-quick:
	tests/run --quick

check-full:
	tests/run --full

# KERNEL=next, TRANSPORT=roce and PATTERN= select; tests/conformance/run has more options.
conformance:
	tests/conformance/run $(addprefix --kernel=,$(KERNEL)) \
		$(addprefix --transport=,$(TRANSPORT)) $(foreach pattern,$(PATTERN),'$(pattern)')

kunit:
	tools/kunit/run

shell:
	tools/vm/run --tty -- bash -l

bench:
	tools/bench/run

help:
	@echo 'make                   module, programs, library and tools; KDIR= for another kernel'
	@echo 'make install DESTDIR=  install them'
	@echo 'make demo              show what it does, in a virtual machine'
	@echo 'make check-quick       the tests that matter most, one kernel, under 4 minutes'
	@echo 'make check             all tests, both kernels, some on the debug kernel if it is built'
	@echo 'make check-full        all tests and the long ones, all on the debug kernel as well'
	@echo 'make conformance       rdma-core'"'"'s tests, programs and traces, compared with stock'
	@echo 'make kunit             unit tests of the kernel part, in User Mode Linux'
	@echo 'make shell             a shell in the test machine'
	@echo 'make bench             measure'
	@echo 'make clean             remove what make made'
	@echo 'make distclean-cache   remove all that is cached: root file systems, builds, logs;'
	@echo '                       the next run fetches new ones, with the newest kernels'
