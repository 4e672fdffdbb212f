/*
 * common/xlsx/memory.c - the files that libxlsxwriter makes, in memory.
 *
 * lxw_tmpfile() is a function of libxlsxwriter, fopen64() the one of the C library that
 * minizip opens the workbook with. The linker takes ours first, for shared libraries too. A
 * file of another name is opened as ever.
 *
 * Lack of memory is an error of the stream, and it is kept in mind: libxlsxwriter does not
 * look at each of its writes.
 */
#include "common/xlsx/memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter/utility.h>

struct memory {
	struct ph_buf own;
	struct ph_buf *bytes; /* own, or what is kept */
	size_t at;
};

static struct ph_buf *kept;
static bool lacked;

bool ph_memory_lacked(void)
{
	bool it = lacked;

	lacked = false;
	return it;
}

void ph_memory_keep(struct ph_buf *out)
{
	kept = out;
}

static ssize_t on_read(void *cookie, char *out, size_t len)
{
	struct memory *memory = cookie;
	size_t left = memory->bytes->len - memory->at;

	len = len < left ? len : left;
	if (len == 0) {
		return 0;
	}
	memcpy(out, memory->bytes->data + memory->at, len);
	memory->at += len;
	return (ssize_t)len;
}

static ssize_t on_write(void *cookie, const char *bytes, size_t len)
{
	struct memory *memory = cookie;
	struct ph_buf *buf = memory->bytes;
	size_t over = memory->at + len > buf->len ? memory->at + len - buf->len : 0;

	if (len == 0) {
		return 0;
	}
	if (ph_buf_reserve(buf, over) != 0) {
		errno = ENOMEM;
		lacked = true;
		return 0; /* fopencookie(3): an error */
	}
	memcpy(buf->data + memory->at, bytes, len);
	buf->len += over;
	memory->at += len;
	return (ssize_t)len;
}

static int on_seek(void *cookie, off64_t *offset, int whence)
{
	struct memory *memory = cookie;
	off64_t from = whence == SEEK_SET   ? 0
		       : whence == SEEK_CUR ? (off64_t)memory->at
					    : (off64_t)memory->bytes->len;

	if (*offset < -from || *offset > (off64_t)memory->bytes->len - from) {
		errno = EINVAL;
		return -1;
	}
	memory->at = (size_t)(from + *offset);
	*offset = (off64_t)memory->at;
	return 0;
}

static int on_close(void *cookie)
{
	struct memory *memory = cookie;

	ph_buf_wipe(&memory->own); /* there may be names in it */
	free(memory);
	return 0;
}

/* A file that is empty, in BYTES; NULL: in memory of its own, which goes with it. */
static FILE *open_memory(struct ph_buf *bytes, const char *mode)
{
	const cookie_io_functions_t calls = { on_read, on_write, on_seek, on_close };
	struct memory *memory = calloc(1, sizeof(*memory));
	FILE *file;

	if (!memory) {
		lacked = true;
		return NULL;
	}
	memory->bytes = bytes ? bytes : &memory->own;
	memory->bytes->len = 0;
	file = fopencookie(memory, mode, calls);
	if (!file) {
		lacked = true;
		free(memory);
	}
	return file;
}

FILE *lxw_tmpfile(char *tmpdir)
{
	(void)tmpdir;
	return open_memory(NULL, "w+");
}

FILE *fopen64(const char *restrict name, const char *restrict mode)
{
	FILE *(*others)(const char *, const char *);

	if (kept && strcmp(name, PH_MEMORY_NAME) == 0) {
		return open_memory(kept, mode);
	}
	/* as POSIX has it: a function's address through a pointer to data */
	*(void **)&others = dlsym(RTLD_NEXT, "fopen64");
	return others ? others(name, mode) : NULL;
}
