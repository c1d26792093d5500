// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0: counts the VM exits in a file that xentrace has written.
 *
 * exits FILE ENTRY SIZE [FROM TO]
 *
 * ENTRY is where the guest's init begins, with an instruction that exits: what
 * comes before is told from what comes after. It is 0 if the guest need not have
 * come so far. SIZE is that of xentrace's buffer for a CPU, in bytes. From the
 * first exit at FROM to the first one at TO, both before init, is a span of its
 * own. Every line of the output says how often the instruction at RIP did one
 * thing:
 *
 * before|span ticks 0x0 RIP COUNT
 * before|span|after exit CODE RIP COUNT
 * before|span|after port|mmio|npf|msr|cpuid|vmmcall VALUE RIP COUNT
 *
 * The numbers are hexadecimal, but for COUNT. Of an "exit" CODE is the
 * processor's; the others are what Xen says about an exit when it handles it,
 * and VALUE is the port, the guest physical address (of an access that Xen
 * emulates, or of any nested page fault), or what the guest had in %ecx or %eax.
 * "ticks" are those of the host's TSC: from the domain's first exit to init's, at
 * RIP; and of the span, which begins at RIP.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "number.h"

/* The first word of a record. If it is timed, two words of time stamp follow, then the extra words. */
#define EVENT(header)	((header) & 0xfffffff)
#define NR_EXTRA(header) ((header) >> 28 & 7)
#define TIMED(header)	((header) >> 31)

#define LOST_RECORDS	0x1f001
#define CPU_CHANGE	0x1f003

#define MAX_CPUS	64
#define NR_SLOTS	(1 << 17)

/* More than Xen leaves empty before it gives up a record. */
#define ROOM		256

/* What is counted, and how many of its extra words are the value. An exit is 2; SVM's, from Xen 4.19 on, 3. */
static const struct kind {
	uint32_t event;
	unsigned int words;
	const char *name;
} kinds[] = {
	{ 0x81002, 1, "exit" }, { 0x81102, 1, "exit" }, { 0x81003, 1, "exit" }, { 0x81103, 1, "exit" },
	{ 0x82016, 1, "port" }, { 0x82216, 1, "port" },
	{ 0x82017, 1, "mmio" }, { 0x82117, 2, "mmio" }, { 0x82217, 1, "mmio" }, { 0x82317, 2, "mmio" },
	{ 0x82021, 2, "npf" },
	{ 0x8200c, 1, "msr" }, { 0x8200d, 1, "msr" },
	{ 0x8200e, 1, "cpuid" },
	{ 0x82012, 1, "vmmcall" },
};

struct record {
	uint32_t event;
	unsigned int nr_extra;
	const uint32_t *extra;
};

/* The last exit on each of the host's CPUs. */
static struct exit {
	uint64_t tsc, rip;
} cpus[MAX_CPUS];

static struct slot {
	const char *name;
	uint64_t value, rip;
	enum phase { BEFORE, SPAN, AFTER } phase;
	unsigned int count;
} slots[NR_SLOTS];

static const char *const phases[] = { "before", "span", "after" };

/* An address, and the time of the first exit there: none yet, or never, if it is the last there can be. */
static struct mark {
	uint64_t rip, tsc;
} init = { 0, UINT64_MAX }, from = { 0, UINT64_MAX }, to = { 0, UINT64_MAX };

static const uint32_t *file;
static uint64_t buffer_size, first_tsc = UINT64_MAX;

/* The words of the file; returns the end of them. */
static const uint32_t *map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat))
		err(1, "%s", path);
	if (!stat.st_size)
		errx(1, "%s: empty", path);
	if (stat.st_size % sizeof(*file))
		errx(1, "%s: truncated", path);
	file = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		err(1, "%s", path);
	return file + stat.st_size / sizeof(*file);
}

/* Reads the record at a place; returns the place behind it. */
static const uint32_t *read_record(const uint32_t *at, const uint32_t *end, struct record *record, uint64_t *tsc)
{
	uint32_t header = *at;
	int timed = TIMED(header);

	record->event = EVENT(header);
	record->nr_extra = NR_EXTRA(header);
	record->extra = at + 1 + 2 * timed;
	if (record->extra + record->nr_extra > end)
		errx(1, "truncated at word %zd", at - file);
	if (timed)
		*tsc = at[1] | (uint64_t)at[2] << 32;
	if (record->event == LOST_RECORDS)
		errx(1, "%u records lost: give xentrace larger buffers", record->nr_extra ? record->extra[0] : 0);
	return record->extra + record->nr_extra;
}

static const struct kind *kind_of(const struct record *record)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].event == record->event)
			return &kinds[i];
	return NULL;
}

static uint64_t value_of(const struct record *record, unsigned int at, unsigned int words)
{
	if (record->nr_extra < at + words)
		errx(1, "event 0x%x has only %u words", record->event, record->nr_extra);
	return record->extra[at] | (words > 1 ? (uint64_t)record->extra[at + 1] << 32 : 0);
}

static enum phase phase_at(uint64_t tsc)
{
	if (tsc >= init.tsc)
		return AFTER;
	return tsc >= from.tsc && tsc < to.tsc ? SPAN : BEFORE;
}

static void count(const char *name, uint64_t value, const struct exit *exit)
{
	enum phase phase = phase_at(exit->tsc);
	uint64_t hash = (value ^ exit->rip << 7 ^ (uint64_t)(name[0] + phase) << 50) * 0x9e3779b97f4a7c15;
	unsigned int i, tries;

	for (i = hash >> 47, tries = 0; tries < NR_SLOTS; i = (i + 1) % NR_SLOTS, tries++) {
		struct slot *slot = &slots[i];

		if (!slot->count)
			*slot = (struct slot){ name, value, exit->rip, phase, 0 };
		if (slot->phase == phase && slot->value == value && slot->rip == exit->rip && !strcmp(slot->name, name)) {
			slot->count++;
			return;
		}
	}
	errx(1, "more than %d different lines", NR_SLOTS);
}

static void find_mark(struct mark *mark, const struct exit *exit)
{
	if (mark->rip && exit->rip == mark->rip && exit->tsc < mark->tsc)
		mark->tsc = exit->tsc;
}

static void find_marks(const char *name, uint64_t value, const struct exit *exit)
{
	(void)name;
	(void)value;
	if (exit->tsc < first_tsc)
		first_tsc = exit->tsc;
	find_mark(&init, exit);
	find_mark(&from, exit);
	find_mark(&to, exit);
}

static void check_mark(const struct mark *mark)
{
	if (mark->rip && mark->tsc == UINT64_MAX)
		errx(1, "no exit at 0x%llx", (unsigned long long)mark->rip);
}

static void show(enum phase phase, const char *name, uint64_t value, uint64_t rip, uint64_t count)
{
	printf("%s %s 0x%llx 0x%llx %llu\n", phases[phase], name, (unsigned long long)value,
	       (unsigned long long)rip, (unsigned long long)count);
}

/* A CPU's records, in the order of time. */
static void read_window(const uint32_t *at, const uint32_t *end, struct exit *cpu, typeof(count) *use)
{
	uint64_t tsc = 0;

	while (at < end) {
		struct record record;
		const struct kind *kind;

		at = read_record(at, end, &record, &tsc);
		kind = kind_of(&record);
		if (!kind)
			continue;
		if (!strcmp(kind->name, "exit"))
			*cpu = (struct exit){ tsc, value_of(&record, 1, record.event & 0x100 ? 2 : 1) };
		if (!cpu->tsc)
			errx(1, "event 0x%x before the first exit", record.event);
		use(kind->name, value_of(&record, 0, kind->words), cpu);
	}
}

/* The file is made of windows, each with the records of one CPU. */
static void read_file(const uint32_t *end, typeof(count) *use)
{
	const uint32_t *at = file;

	memset(cpus, 0, sizeof(cpus));
	while (at < end) {
		struct record record;
		uint64_t cpu, size, tsc;

		at = read_record(at, end, &record, &tsc);
		if (record.event != CPU_CHANGE)
			errx(1, "not xentrace's: event 0x%x", record.event);
		cpu = value_of(&record, 0, 1);
		size = value_of(&record, 1, 1);
		if (cpu >= MAX_CPUS)
			errx(1, "CPU %d", (int)cpu);
		/* Xen says that records are lost only when it next has one of that CPU. */
		if (size + ROOM > buffer_size)
			errx(1, "records can be lost: give xentrace larger buffers");
		if (size / sizeof(*at) > (size_t)(end - at))
			errx(1, "truncated at word %zd", at - file);
		read_window(at, at + size / sizeof(*at), &cpus[cpu], use);
		at += size / sizeof(*at);
	}
}

/* Finds the marks in the records up to the end, and checks that they are in order. */
static void find_all(const uint32_t *end)
{
	read_file(end, find_marks);
	check_mark(&init);
	check_mark(&from);
	check_mark(&to);
	if (from.rip && !(from.tsc < to.tsc && to.tsc <= init.tsc))
		errx(1, "the span is not in order");
}

int main(int argc, char *argv[])
{
	const uint32_t *end;
	unsigned int i;

	if (argc != 4 && argc != 6)
		errx(2, "FILE ENTRY SIZE [FROM TO]");
	end = map(argv[1]);
	init.rip = number(argv[2]);
	buffer_size = number(argv[3]);
	if (argc == 6) {
		from.rip = number(argv[4]);
		to.rip = number(argv[5]);
	}
	find_all(end);
	read_file(end, count);
	if (init.rip)
		show(BEFORE, "ticks", 0, init.rip, init.tsc - first_tsc);
	if (from.rip)
		show(SPAN, "ticks", 0, from.rip, to.tsc - from.tsc);
	for (i = 0; i < NR_SLOTS; i++)
		if (slots[i].count)
			show(slots[i].phase, slots[i].name, slots[i].value, slots[i].rip, slots[i].count);
	return 0;
}
