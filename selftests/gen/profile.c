// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of qemu's emulation that counts the instructions of each translated block
 * of the guest's kernel (boot.sh --profile).
 *
 *	-plugin profile.so,out=FILE
 *
 * A program in the guest says when: an 8-octet NOP that holds "RTU" and 1 zeroes the
 * counts, with 2 it appends them to FILE (MARK in gen/pktcost.c).  FILE then has for each
 * such span a line "span N" and lines "ADDRESS INSTRUCTIONS"; what ran in user space
 * is the one line of address 0.  Blocks do not cross calls, returns and jumps: the
 * function of a block's first instruction is that of all.
 *
 * qemu's header is not packaged; what is needed of it is declared here (version 1 of the
 * interface, docs/devel/tcg-plugins of qemu 6.0 to 9.0).
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 = 0, CB_NO_REGS = 0 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(
	qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
						     int op, void *ptr,
						     uint64_t imm);
extern void qemu_plugin_register_vcpu_insn_exec_cb(
	struct qemu_plugin_insn *insn, void (*cb)(unsigned int cpu, void *data),
	int flags, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv);

enum {
	BLOCKS = 1 << 20,	/* a power of two, and more than a guest has */
	MARK_SIZE = 8,
};
static const uint8_t mark[MARK_SIZE - 1] = { 0x0f, 0x1f, 0x84, 0x00,
					     'R',  'T',	 'U' };

/* What is at an address; where one is translated again its count goes on. */
static struct block {
	uint64_t address;
	uint64_t count;
} blocks[BLOCKS];
static uint64_t user;
static FILE *out;
static unsigned int span;

static uint64_t *count_of(uint64_t address)
{
	uint64_t at = address * 0x9e3779b97f4a7c15U >> 44;
	size_t tried;

	if (!(address >> 63))
		return &user;
	for (tried = 0; tried < BLOCKS; tried++) {
		struct block *b = &blocks[(at + tried) & (BLOCKS - 1)];

		if (!b->address)
			b->address = address;
		if (b->address == address)
			return &b->count;
	}
	fprintf(stderr, "profile: too many blocks\n");
	abort();
}

static void begin(unsigned int cpu, void *data)
{
	size_t i;

	for (i = 0; i < BLOCKS; i++)
		blocks[i].count = 0;
	user = 0;
}

static void end(unsigned int cpu, void *data)
{
	size_t i;

	fprintf(out, "span %u\n0 %" PRIu64 "\n", span++, user);
	for (i = 0; i < BLOCKS; i++)
		if (blocks[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
				blocks[i].address, blocks[i].count);
	fflush(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;

	qemu_plugin_register_vcpu_tb_exec_inline(
		tb, INLINE_ADD_U64, count_of(qemu_plugin_tb_vaddr(tb)), n);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *octets = qemu_plugin_insn_data(insn);

		if (qemu_plugin_insn_size(insn) != MARK_SIZE ||
		    memcmp(octets, mark, sizeof(mark)))
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, octets[MARK_SIZE - 1] == 1 ? begin : end,
			CB_NO_REGS, NULL);
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	const char *file = argc == 1 && !strncmp(argv[0], "out=", 4) ?
				   argv[0] + 4 : NULL;

	out = file ? fopen(file, "w") : NULL;
	if (!out) {
		fprintf(stderr, "profile: out=FILE is missing, or cannot be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
