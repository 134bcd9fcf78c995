# SPDX-License-Identifier: GPL-2.0-only
# Asks the kernel that is being built for what it has, and writes the answers
# to compat/generated.h.  Version numbers cannot tell: distributions backport
# changed signatures inside a stable series.
#
#   has_file NAME,HEADER        is there such a header?
#   has_decl NAME,WORD,HEADER   does this word stand in the header?
#   can_compile NAME,SNIPPET    does this compile with the kernel's flags?

# Not for "clean", which reads no kernel configuration.
ifneq ($(CONFIG_MODULES),)

# Headers may come split: what is generated in objtree, the rest in srctree.
rtun_inc := $(srctree)/include
rtun_gen := $(obj)/compat/generated.h

has_file = $(if $(wildcard $(rtun_inc)/$(2)),$(1))
has_decl = $(if $(shell grep -s -w -F -m1 -e '$(2)' $(rtun_inc)/$(3)),$(1))

# The flags of the kernel, without what makes warnings errors or writes
# dependency files.
rtun_cflags = $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) \
	$(filter-out -Werror% -Wp%,$(KBUILD_CFLAGS)) $(KBUILD_CFLAGS_MODULE) \
	-DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"' -w
can_compile = $(if $(shell printf '%b\n' '$(2)' | $(CC) $(rtun_cflags) \
	-x c -fsyntax-only - >/dev/null 2>&1 && echo y),$(1))

rtun_hash := \043
$(if $(call can_compile,y,$(rtun_hash)include <net/genetlink.h>),, \
	$(error the compiler cannot build the simplest of probes: no answer of them would be worth anything))
rtun_probes := \
	$(call has_file,NET_GSO_H,net/gso.h) \
	$(call has_file,LINUX_UNALIGNED_H,linux/unaligned.h) \
	$(call has_decl,DUMMY_NETDEV_ALLOC,alloc_netdev_dummy,linux/netdevice.h) \
	$(call has_decl,LLTX_FIELD,lltx,linux/netdevice.h) \
	$(call has_decl,NEWLINK_PARAMS,rtnl_newlink_params,net/rtnetlink.h) \
	$(call has_decl,GENL_INFO_DUMP,genl_info_dump,net/genetlink.h) \
	$(call has_decl,TIMER_SHUTDOWN,timer_shutdown_sync,linux/timer.h) \
	$(call has_decl,TIMER_CONTAINER_OF,timer_container_of,linux/timer.h) \
	$(call has_decl,FLOWI4_DSCP,flowi4_dscp,net/flow.h) \
	$(call has_decl,SKB_UNSET_TRANSPORT,skb_unset_transport_header,linux/skbuff.h) \
	$(call can_compile,MCGRP_FLAGS,$(rtun_hash)include <net/genetlink.h>\nstruct genl_multicast_group g = { .flags = GENL_UNS_ADMIN_PERM };)

# Written only when it differs, so that nothing is rebuilt for nothing.
rtun_write := $(shell mkdir -p $(obj)/compat; \
	{ echo '/* SPDX-License-Identifier: GPL-2.0-only */'; \
	  echo '/* written by probe.mk for $(KERNELRELEASE) */'; \
	  printf '$(rtun_hash)define RTUN_HAVE_%s 1\n' $(rtun_probes); \
	} > $(rtun_gen).new; \
	if cmp -s $(rtun_gen).new $(rtun_gen); then rm -f $(rtun_gen).new; \
	else mv -f $(rtun_gen).new $(rtun_gen); fi)

# Say which option is missing before the compiler does, in its own words.
rtun_need = $(if $(filter y m,$(CONFIG_$(1))),, \
	$(error rtun needs a kernel with CONFIG_$(1) ($(2)), and $(KERNELRELEASE) \
	was built without it))
$(call rtun_need,INET,IPv4)
$(call rtun_need,NET_IPGRE_DEMUX,the GRE demultiplexer; PPTP data is GRE version 1)
$(call rtun_need,NET_UDP_TUNNEL,sockets for L2TP; VXLAN and L2TP select it)
$(call rtun_need,DST_CACHE,cached routes; NET_IP_TUNNEL selects it)

endif # CONFIG_MODULES

clean-files += compat/generated.h compat/generated.h.new
