/*
 * tests/fault/shim.h - what the harness and the shim share: one file, mapped by both.
 *
 * The harness writes what is to happen (struct ph_fault_plan, little-endian as the
 * machine's), the processes that carry the shim count their calls there, all together.
 * tests/fault/rig.py has the same layout.
 */
#ifndef PH_FAULT_SHIM_H
#define PH_FAULT_SHIM_H

#include <stdint.h>

#define PH_FAULT_MAGIC 0x50684631u /* "PhF1" */
#define PH_FAULT_TRACE 262144      /* calls that are noted one by one */

enum ph_fault_mode {
	PH_FAULT_COUNT,  /* nothing happens, calls are counted */
	PH_FAULT_KILL,   /* the process is killed in place of the call */
	PH_FAULT_TORN,   /* half of a write is done, any other call whole; then killed */
	PH_FAULT_ERRNO,  /* the call fails with `error` */
	PH_FAULT_SHORT,  /* a write takes half of its bytes, at least one */
	PH_FAULT_STACKS, /* as COUNT, and `trace` is a hash of the way there */
};

/* Which calls are counted; the bits of `classes`. */
enum ph_fault_class {
	PH_FAULT_WRITE = 1,   /* write, pwrite, writev on a regular file */
	PH_FAULT_SYNC = 2,    /* fsync, fdatasync */
	PH_FAULT_NAME = 4,    /* rename, unlink, unlinkat, rmdir, mkdir */
	PH_FAULT_LENGTH = 8,  /* ftruncate */
	PH_FAULT_CREATE = 16, /* open that makes a file */
	PH_FAULT_READ = 32,   /* read, pread on a regular file */
	PH_FAULT_TALK = 64,   /* write, writev on anything else; send */
	PH_FAULT_ALLOC = 128, /* malloc, calloc, realloc */
};

/*
 * With `wanted` the first allocation from `at` on that comes by that way is hit, and with an
 * `until` of UINT64_MAX all behind it too.
 */
struct ph_fault_plan {
	uint32_t magic;
	uint32_t mode;
	uint32_t classes;
	uint32_t error;     /* an errno */
	uint64_t at;        /* the call that is hit, from 1; 0: none */
	uint64_t until;     /* the last one that is */
	uint64_t count;     /* calls so far */
	uint64_t hits;      /* of these, hit */
	uint32_t hit_class; /* of the last that was */
	uint32_t hit_way;   /* to the first that was, of allocations: its hash */
	uint32_t uv_aborts; /* libuv gave up for lack of memory */
	uint32_t wanted;    /* not 0: the way of what is hit */
	uint32_t timed;     /* threads that wait for each other, or a time */
	uint32_t unused;
	uint32_t trace[PH_FAULT_TRACE]; /* by call, from 0: its class, or a hash */
};

#endif
