/*
 * common/base/walk.c - the bounded MessagePack walker.
 *
 * The bytes are read once from front to back. Each open array or map is one row of a
 * small fixed stack that counts the items still to come; an object that ends closes
 * every row that reaches zero with it. No recursion, no allocation.
 *
 * A header is judged before anything it announces is looked at: first that so many
 * items can be in the bytes left (an item takes at least one), then the number, then
 * the depth. So a message of five bytes that announces 4 GiB costs five bytes.
 */
#include "common/base/walk.h"

#include <utf8proc.h>

/* One open array or map. */
struct row {
	uint64_t left;     /* objects still to come; a pair is two */
	uint64_t last_key; /* of the keys so far */
	bool is_map;
	bool has_key;
};

struct walker {
	struct ph_view in; /* what is still to be read */
	const struct ph_walk_limits *limits;
	bool canonical;
	unsigned depth;
	struct row rows[PH_WALK_DEPTH_MAX];
};

/* What a first byte says about the bytes behind it. */
enum shape {
	NEVER, /* float, ext, 0xc1 */
	PLAIN, /* nothing follows: nil, booleans, small integers */
	UINT,
	INT,
	STR,
	BIN,
	ARRAY,
	MAP,
};

struct head {
	enum shape shape;
	unsigned width;    /* bytes of the number behind the first byte; 0: within it */
	uint64_t value;    /* the number: a length, a count, or an unsigned integer */
	uint64_t smallest; /* the smallest number for which this width is the shortest */
	bool is_uint;
};

static struct head small_head(uint8_t first)
{
	if (first < 0x80) {
		return (struct head){ .shape = PLAIN, .value = first, .is_uint = true };
	}
	if (first < 0x90) {
		return (struct head){ .shape = MAP, .value = first & 15 };
	}
	if (first < 0xa0) {
		return (struct head){ .shape = ARRAY, .value = first & 15 };
	}
	if (first < 0xc0) {
		return (struct head){ .shape = STR, .value = first & 31 };
	}
	return (struct head){ .shape = PLAIN };
}

static struct head head_of(uint8_t first)
{
	static const struct {
		enum shape shape;
		unsigned width;
		uint64_t smallest;
	} heads[32] = {
		[0x00] = { PLAIN, 0, 0 }, /* nil */
		[0x02] = { PLAIN, 0, 0 }, /* false */
		[0x03] = { PLAIN, 0, 0 }, /* true */
		[0x04] = { BIN, 1, 0 },
		[0x05] = { BIN, 2, 0x100 },
		[0x06] = { BIN, 4, 0x10000 },
		[0x0c] = { UINT, 1, 0x80 },
		[0x0d] = { UINT, 2, 0x100 },
		[0x0e] = { UINT, 4, 0x10000 },
		[0x0f] = { UINT, 8, UINT64_C(0x100000000) },
		[0x10] = { INT, 1, 0 },
		[0x11] = { INT, 2, 0 },
		[0x12] = { INT, 4, 0 },
		[0x13] = { INT, 8, 0 },
		[0x19] = { STR, 1, 32 },
		[0x1a] = { STR, 2, 0x100 },
		[0x1b] = { STR, 4, 0x10000 },
		[0x1c] = { ARRAY, 2, 16 },
		[0x1d] = { ARRAY, 4, 0x10000 },
		[0x1e] = { MAP, 2, 16 },
		[0x1f] = { MAP, 4, 0x10000 },
	};

	if (first < 0xc0 || first >= 0xe0) {
		return small_head(first);
	}
	return (struct head){
		.shape = heads[first - 0xc0].shape,
		.width = heads[first - 0xc0].width,
		.smallest = heads[first - 0xc0].smallest,
		.is_uint = heads[first - 0xc0].shape == UINT,
	};
}

static void skip(struct walker *walker, size_t len)
{
	walker->in.data += len;
	walker->in.len -= len;
}

/*
 * The shortest form of a number that is not negative is an unsigned one, so a signed
 * form is canonical only below what the next shorter one can hold.
 */
static bool is_shortest_int(unsigned width, uint64_t raw)
{
	switch (width) {
	case 1:
		return (int8_t)raw < -32;
	case 2:
		return (int16_t)raw < INT8_MIN;
	case 4:
		return (int32_t)raw < INT16_MIN;
	default:
		return (int64_t)raw < INT32_MIN;
	}
}

static int take_head(struct walker *walker, struct head *head_out)
{
	if (walker->in.len == 0) {
		return PH_WALK_E_SHORT;
	}

	struct head head = head_of(walker->in.data[0]);

	if (head.shape == NEVER) {
		return PH_WALK_E_TYPE;
	}
	skip(walker, 1);
	if (head.width > walker->in.len) {
		return PH_WALK_E_SHORT;
	}
	for (unsigned i = 0; i < head.width; i++) {
		head.value = head.value << 8 | walker->in.data[i];
	}
	skip(walker, head.width);
	if (walker->canonical) {
		if (head.shape == INT && !is_shortest_int(head.width, head.value)) {
			return PH_WALK_E_FORM;
		}
		if (head.value < head.smallest) {
			return PH_WALK_E_FORM;
		}
	}
	*head_out = head;
	return 0;
}

static bool is_utf8(struct ph_view text)
{
	while (text.len > 0) {
		utf8proc_int32_t point;
		utf8proc_ssize_t n =
			utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, &point);

		if (n <= 0) {
			return false;
		}
		text.data += n;
		text.len -= (size_t)n;
	}
	return true;
}

static int walk_bytes(struct walker *walker, struct head head)
{
	if (head.value > walker->in.len) {
		return PH_WALK_E_SHORT;
	}

	struct ph_view bytes = PH_VIEW(walker->in.data, (size_t)head.value);

	if (head.shape == STR && !is_utf8(bytes)) {
		return PH_WALK_E_UTF8;
	}
	skip(walker, bytes.len);
	return 0;
}

static int open_row(struct walker *walker, struct head head)
{
	uint64_t objects = head.shape == MAP ? 2 * head.value : head.value;

	if (objects > walker->in.len) {
		return PH_WALK_E_SHORT;
	}
	if (head.value > walker->limits->items) {
		return PH_WALK_E_ITEMS;
	}
	if (walker->depth >= walker->limits->depth ||
	    walker->depth >= PH_WALK_DEPTH_MAX) {
		return PH_WALK_E_DEPTH;
	}
	walker->rows[walker->depth++] =
		(struct row){ .left = objects, .is_map = head.shape == MAP };
	return 0;
}

/* In a map of canonical form, the next object at the place of a key must be HEAD. */
static int check_key(struct walker *walker, struct head head)
{
	if (!walker->canonical || walker->depth == 0) {
		return 0;
	}

	struct row *row = &walker->rows[walker->depth - 1];

	if (!row->is_map || row->left % 2 != 0) {
		return 0;
	}
	if (!head.is_uint || (row->has_key && head.value <= row->last_key)) {
		return PH_WALK_E_FORM;
	}
	row->last_key = head.value;
	row->has_key = true;
	return 0;
}

static int walk_one(struct walker *walker)
{
	struct head head;
	int rc = take_head(walker, &head);

	if (rc == 0) {
		rc = check_key(walker, head);
	}
	if (rc != 0) {
		return rc;
	}
	/* The object counts as read in its row now, though its own items follow. */
	if (walker->depth > 0) {
		walker->rows[walker->depth - 1].left--;
	}
	switch (head.shape) {
	case STR:
	case BIN:
		return walk_bytes(walker, head);
	case ARRAY:
	case MAP:
		return open_row(walker, head);
	default:
		return 0;
	}
}

int ph_walk(struct ph_view in, const struct ph_walk_limits *limits, unsigned flags,
	    size_t *used_out)
{
	struct walker walker;

	walker.in = in;
	walker.limits = limits;
	walker.canonical = (flags & PH_WALK_CANONICAL) != 0;
	walker.depth = 0;
	do {
		int rc = walk_one(&walker);

		if (rc != 0) {
			return rc;
		}
		while (walker.depth > 0 && walker.rows[walker.depth - 1].left == 0) {
			walker.depth--;
		}
	} while (walker.depth > 0);
	*used_out = in.len - walker.in.len;
	return 0;
}
