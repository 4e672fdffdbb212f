/*
 * common/ledger/small_sheet.c - what follows from all rows and columns of a sheet at once.
 *
 * Persons flow from their row through a cell to a column and into its total: rows give what
 * they have, cells and totals let through what their bounds allow, and every whole table
 * that a reader could think of is such a flow. Another one than ours differs from it by
 * rings, each of which takes a person round: through one cell more, through the next one
 * less. So a cell can have another number if it lies on a ring along which there is room,
 * and if it lies on none, its number follows. (Bounds are whole numbers, so one person at a
 * time is enough.)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/small_internal.h"

/* Nodes are the rows, then the columns, then where the totals end. */
struct flow {
	const struct ph_small *small;
	size_t rows, columns; /* of the split */
	int64_t *room;        /* of each cell and total: by how much more, and less */
	bool *seen;
	size_t *stack;
};

static size_t n_nodes(const struct flow *flow)
{
	return flow->rows + flow->columns + 1;
}

/* Where cell COLUMN of ROW is; behind the last row the totals. */
static size_t cell_at(const struct flow *flow, size_t row, size_t column)
{
	const struct ph_small *small = flow->small;

	return row * small->n_columns + small->split + column;
}

static void set_room(struct flow *flow, size_t row, size_t column, int64_t least)
{
	size_t cell = cell_at(flow, row, column);
	int64_t value = flow->small->cells[cell];
	int64_t *room = &flow->room[2 * (row * flow->columns + column)];
	int64_t min, max;

	ph_small_bounds(flow->small, cell, least, &min, &max);
	room[0] = max - value;
	room[1] = value - min;
}

/* A cell can have been the smallest of its row or of its column, a total of those alone. */
static void set_rooms(struct flow *flow)
{
	for (size_t c = 0; c < flow->columns; c++) {
		struct ph_small_line column =
			ph_small_column(flow->small, flow->small->split + c);
		int64_t of_column = ph_small_least(&column);

		for (size_t r = 0; r <= flow->rows; r++) {
			struct ph_small_line row = ph_small_row(flow->small, r);
			int64_t least = ph_small_least(&row);

			least = r < flow->rows && of_column > least ? of_column : least;
			set_room(flow, r, c, least);
		}
	}
}

/* Whether a person can go from node A to node B, which a cell or total joins, if any. */
static bool has_room(const struct flow *flow, size_t a, size_t b)
{
	bool back = a > b; /* against the flow */
	size_t from = back ? b : a;
	size_t to = back ? a : b;
	size_t end = n_nodes(flow) - 1;

	if (from < flow->rows && to >= flow->rows && to < end) {
		return flow->room[2 * (from * flow->columns + to - flow->rows) + back] >
		       0;
	}
	if (from >= flow->rows && to == end) {
		return flow->room[2 * (flow->rows * flow->columns + from - flow->rows) +
				  back] > 0;
	}
	return false;
}

/* Whether a person can go from FROM to TO, but not straight. */
static bool can_go(struct flow *flow, size_t from, size_t to)
{
	size_t n = 0;

	memset(flow->seen, 0, n_nodes(flow) * sizeof *flow->seen);
	flow->seen[from] = true;
	flow->stack[n++] = from;
	while (n > 0) {
		size_t node = flow->stack[--n];

		/* rows are joined to columns alone */
		for (size_t next = node < flow->rows ? flow->rows : 0;
		     next < n_nodes(flow); next++) {
			if (flow->seen[next] || !has_room(flow, node, next) ||
			    (node == from && next == to)) {
				continue;
			}
			if (next == to) {
				return true;
			}
			flow->seen[next] = true;
			flow->stack[n++] = next;
		}
	}
	return false;
}

/* Whether the cell, or the total, that joins A to B follows. */
static bool follows(struct flow *flow, size_t a, size_t b)
{
	return !(has_room(flow, a, b) && can_go(flow, b, a)) &&
	       !(has_room(flow, b, a) && can_go(flow, a, b));
}

static int find(struct flow *flow, size_t *cell_out)
{
	const struct ph_small *small = flow->small;
	size_t end = n_nodes(flow) - 1;

	set_rooms(flow);
	for (size_t r = 0; r <= flow->rows; r++) {
		for (size_t c = 0; c < flow->columns; c++) {
			size_t cell = cell_at(flow, r, c);
			size_t column = flow->rows + c;
			bool is_total = r == flow->rows;

			if (small->told[cell] == PH_TOLD || small->cells[cell] < 1 ||
			    small->cells[cell] >= PH_SMALL_BELOW) {
				continue;
			}
			if (is_total ? follows(flow, column, end)
				     : follows(flow, r, column)) {
				*cell_out = cell;
				return 1;
			}
		}
	}
	return 0;
}

int ph_small_find(const struct ph_small *small, size_t *cell)
{
	struct flow flow = { .small = small,
			     .rows = small->n_rows,
			     .columns = small->n_columns - small->split };
	int rc = -ENOMEM;

	flow.room = calloc((flow.rows + 1) * flow.columns * 2, sizeof *flow.room);
	flow.seen = calloc(n_nodes(&flow), sizeof *flow.seen);
	flow.stack = calloc(n_nodes(&flow), sizeof *flow.stack);
	if (flow.room && flow.seen && flow.stack) {
		rc = find(&flow, cell);
	}
	free(flow.room);
	free(flow.seen);
	free(flow.stack);
	return rc;
}
