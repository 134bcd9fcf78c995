// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of qemu's emulation that counts the instructions of each translated block
 * of the guest's kernel, and its atomic operations on memory (boot.sh --profile).
 *
 *	-plugin profile.so,out=FILE
 *
 * A program in the guest says when: an 8-octet NOP that holds "RTU" and 1 zeroes the
 * counts, with 2 it appends them to FILE (MARK in gen/pktcost.c).  FILE then has for each
 * such span a line "span N" and lines "ADDRESS INSTRUCTIONS"; what ran in user space
 * is the one line of address 0.  Blocks do not cross calls, returns and jumps: the
 * function of a block's first instruction is that of all.
 *
 * An atomic operation is an instruction with a LOCK prefix, or an exchange with memory.
 * It has lines "locked ADDRESS COUNT PER-CPU SAME CALLER...": of so many, these were
 * barriers or on memory of the processor itself, and these on a cache line that was among
 * the last few of the same instruction with the same callers: one that each packet writes
 * to, or memory that was freed and is in use again, but not one of many packets.  Callers
 * are return addresses, the nearest first.
 *
 * qemu's header is not packaged; what is needed of it is declared here (version 1 of the
 * interface, docs/devel/tcg-plugins of qemu 6.0 to 9.0).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD_U64 = 0, CB_NO_REGS = 0, MEM_RW = 3 };
typedef uint32_t qemu_plugin_meminfo_t;

extern void qemu_plugin_register_vcpu_tb_trans_cb(
	qemu_plugin_id_t id,
	void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
						     int op, void *ptr,
						     uint64_t imm);
extern void qemu_plugin_register_vcpu_insn_exec_cb(
	struct qemu_plugin_insn *insn, void (*cb)(unsigned int cpu, void *data),
	int flags, void *data);
extern void qemu_plugin_register_vcpu_tb_exec_cb(
	struct qemu_plugin_tb *tb, void (*cb)(unsigned int cpu, void *data),
	int flags, void *data);
extern void qemu_plugin_register_vcpu_mem_cb(
	struct qemu_plugin_insn *insn,
	void (*cb)(unsigned int cpu, qemu_plugin_meminfo_t info,
		   uint64_t address, void *data),
	int flags, int rw, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv);

enum {
	BLOCKS = 1 << 20,	/* a power of two, and more than a guest has */
	MARK_SIZE = 8,
	SITES = 1 << 18,	/* likewise, where a call returns to */
	LOCKED = 1 << 16,	/* likewise, locked instructions with their callers */
	CALLERS = 5,
	STACK = 128,
	LINES = 4,
	LARGE_PAGE = 2 << 20,
	PER_CPU = 264 << 10,	/* of one processor, as in 6.12; of 6.1 it is 16 KiB less */
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
static bool counting;

static size_t slot(uint64_t hash, size_t size)
{
	return (hash * 0x9e3779b97f4a7c15U >> 32) & (size - 1);
}

static bool in_kernel(uint64_t address)
{
	return address >> 63;
}

static _Noreturn void full(const char *what)
{
	fprintf(stderr, "profile: too many %s\n", what);
	abort();
}

static uint64_t *count_of(uint64_t address)
{
	size_t at = slot(address, BLOCKS), tried;

	if (!in_kernel(address))
		return &user;
	for (tried = 0; tried < BLOCKS; tried++) {
		struct block *b = &blocks[(at + tried) & (BLOCKS - 1)];

		if (!b->address)
			b->address = address;
		if (b->address == address)
			return &b->count;
	}
	full("blocks");
}

/* --- Who called: return addresses, as the guest's own stack has them. --- */

static uint64_t sites[SITES];
static uint64_t stack[STACK];
static size_t depth;

/* Whether a call returns to @address; with @add, it does from now on. */
static bool site(uint64_t address, bool add)
{
	size_t at = slot(address, SITES), tried;

	for (tried = 0; tried < SITES; tried++) {
		uint64_t *s = &sites[(at + tried) & (SITES - 1)];

		if (!*s && !add)
			return false;
		if (!*s)
			*s = address;
		if (*s == address)
			return true;
	}
	full("calls");
}

static void called(unsigned int cpu, void *data)
{
	if (depth == STACK) {
		memmove(stack, stack + STACK / 2, sizeof(stack) / 2);
		depth = STACK / 2;
	}
	stack[depth++] = (uintptr_t)data;
}

/* Maybe here by another way; then no call is over. */
static void returned(unsigned int cpu, void *data)
{
	size_t i;

	for (i = depth; i > 0; i--) {
		if (stack[i - 1] == (uintptr_t)data) {
			depth = i - 1;
			return;
		}
	}
}

static void in_user(unsigned int cpu, void *data)
{
	depth = 0;
}

/* --- Atomic operations. --- */

static struct locked {
	uint64_t key[1 + CALLERS];	/* its address, return addresses */
	uint64_t count, per_cpu, same;
	uint64_t line[LINES];
	unsigned int next;
} locked[LOCKED], *operation;
static uint64_t per_cpu;

static struct locked *operation_of(uint64_t address)
{
	uint64_t key[1 + CALLERS] = { address }, hash = address;
	size_t i, at;

	for (i = 0; i < CALLERS && i < depth; i++) {
		key[1 + i] = stack[depth - 1 - i];
		hash = hash * 31 + key[1 + i];
	}
	at = slot(hash, LOCKED);
	for (i = 0; i < LOCKED; i++) {
		struct locked *l = &locked[(at + i) & (LOCKED - 1)];

		if (!l->key[0])
			memcpy(l->key, key, sizeof(key));
		if (!memcmp(l->key, key, sizeof(key)))
			return l;
	}
	full("locked instructions");
}

static void locked_runs(unsigned int cpu, void *data)
{
	if (!counting)
		return;
	operation = operation_of((uintptr_t)data);
	operation->count++;
}

/* A full barrier of the kernel: it writes to the stack. */
static void barrier_runs(unsigned int cpu, void *data)
{
	struct locked *l;

	if (!counting)
		return;
	l = operation_of((uintptr_t)data);
	l->count++;
	l->per_cpu++;
}

/*
 * Memory of processors beyond the first chunk comes from the end of the kernel's range for
 * mappings: where that is without randomization of addresses, with four levels of page
 * tables and with five.
 */
static bool is_per_cpu(uint64_t address)
{
	return address - per_cpu < PER_CPU || address >> 36 == 0xffffe8f ||
	       address >> 36 == 0xffd1fff;
}

/* The first access of the instruction; in qemu 7, loads only come with stores. */
static void locked_at(unsigned int cpu, qemu_plugin_meminfo_t info,
			  uint64_t address, void *data)
{
	struct locked *l = operation;
	bool same = false;
	size_t i;

	if (!l)
		return;
	operation = NULL;
	if (is_per_cpu(address)) {
		l->per_cpu++;
		return;
	}
	for (i = 0; i < LINES; i++)
		same |= l->line[i] == address >> 6;
	if (same)
		l->same++;
	else
		l->line[l->next++ % LINES] = address >> 6;
}

/*
 * The stack protector's word is at %gs:0x28, and a processor's memory begins at a large page.
 * What is elsewhere is an access of a later instruction's helper, of which qemu 7 tells too.
 */
static void canary_read(unsigned int cpu, qemu_plugin_meminfo_t info,
			uint64_t address, void *data)
{
	if (in_kernel(address) && address % LARGE_PAGE == 0x28)
		per_cpu = address - 0x28;
}

/* --- Spans and blocks. --- */

static void begin(unsigned int cpu, void *data)
{
	size_t i;

	for (i = 0; i < BLOCKS; i++)
		blocks[i].count = 0;
	memset(locked, 0, sizeof(locked));
	operation = NULL;
	user = 0;
	counting = true;
}

static void end(unsigned int cpu, void *data)
{
	size_t i, j;

	counting = false;
	operation = NULL;
	fprintf(out, "span %u\n0 %" PRIu64 "\n", span++, user);
	for (i = 0; i < BLOCKS; i++)
		if (blocks[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
				blocks[i].address, blocks[i].count);
	for (i = 0; i < LOCKED; i++) {
		const struct locked *l = &locked[i];

		if (!l->count)
			continue;
		fprintf(out, "locked %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
			l->key[0], l->count, l->per_cpu, l->same);
		for (j = 1; j <= CALLERS && l->key[j]; j++)
			fprintf(out, " %" PRIx64, l->key[j]);
		fputc('\n', out);
	}
	fflush(out);
}

struct parts {
	bool lock, gs;
	uint8_t opcode, modrm;
};

static struct parts parts_of(const uint8_t *octets, size_t size)
{
	struct parts p = { 0 };
	size_t i;

	for (i = 0; i < size && octets[i] && strchr("\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65\x66\x67", octets[i]); i++) {
		p.lock |= octets[i] == 0xf0;
		p.gs |= octets[i] == 0x65;
	}
	if (i < size && octets[i] >> 4 == 4)	/* REX */
		i++;
	p.opcode = i < size ? octets[i] : 0;
	p.modrm = i + 1 < size ? octets[i + 1] : 0;
	return p;
}

/* lock addl $0, -4(%rsp) */
static bool is_barrier(const uint8_t *octets, size_t size)
{
	return size == 6 && !memcmp(octets, "\xf0\x83\x44\x24\xfc", 6);
}

static bool is_locked(const struct parts *p)
{
	return p->lock || ((p->opcode & 0xfe) == 0x86 && p->modrm >> 6 != 3);
}

/* Calls a few octets ahead, as in retpolines, are no calls. */
static bool is_call(const struct parts *p, const uint8_t *octets, size_t size)
{
	int32_t to;

	if (p->opcode == 0xe8 && size >= 5) {
		memcpy(&to, octets + size - 4, 4);
		return to < 0 || to > 32;
	}
	return p->opcode == 0xff && (p->modrm >> 3 & 7) == 2;
}

static void kernel_insn(struct qemu_plugin_insn *insn)
{
	const uint8_t *octets = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	struct parts p = parts_of(octets, size);

	if (is_barrier(octets, size)) {
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, barrier_runs, CB_NO_REGS, (void *)address);
	} else if (is_locked(&p)) {
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, locked_runs, CB_NO_REGS, (void *)address);
		qemu_plugin_register_vcpu_mem_cb(insn, locked_at, CB_NO_REGS,
						 MEM_RW, NULL);
	} else if (is_call(&p, octets, size)) {
		site(address + size, true);
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, called, CB_NO_REGS, (void *)(address + size));
	} else if (p.gs && size == 9 && !memcmp(octets + 4, "\x25\x28\0\0", 5)) {
		qemu_plugin_register_vcpu_mem_cb(insn, canary_read, CB_NO_REGS,
						 MEM_RW, NULL);
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	bool kernel = in_kernel(address);

	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64,
						 count_of(address), n);
	if (!kernel)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, in_user, CB_NO_REGS, NULL);
	else if (site(address, false))
		qemu_plugin_register_vcpu_tb_exec_cb(tb, returned, CB_NO_REGS,
						     (void *)address);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *octets = qemu_plugin_insn_data(insn);

		if (kernel)
			kernel_insn(insn);
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
