/*
 * common/cli/qr.c - a text as a QR code, by libqrencode.
 *
 * Bytes as they are, the least correction (L): the code is shown fresh or printed once, and
 * every step of correction makes it larger than a terminal is. Around it stands the quiet zone
 * of four modules that readers need.
 */
#include "common/cli/qr.h"

#include <errno.h>
#include <string.h>

#include <qrencode.h>

#include "common/base/say.h"

#define QUIET 4

struct grid {
	QRcode *code;
	int size; /* with the quiet zone */
};

static int encode(struct ph_view text, struct grid *grid, struct ph_error *err)
{
	errno = 0;
	grid->code = QRcode_encodeData((int)text.len, text.data, 0, QR_ECLEVEL_L);
	if (grid->code) {
		grid->size = grid->code->width + 2 * QUIET;
		return 0;
	}
	if (errno == ERANGE) {
		return ph_fail(err, PH_EXIT_OTHER, -EMSGSIZE,
			       ph_say("%zu characters are more than a QR code holds; "
				      "hand the invite over as a file",
				      "%zu ký tự là quá nhiều cho một mã QR; hãy giao "
				      "giấy mời bằng tệp"),
			       text.len);
	}
	return ph_fail_errno(err, errno == ENOMEM ? -ENOMEM : -EIO,
			     ph_say("making a QR code", "vẽ mã QR"));
}

/* Whether the module at X, Y of GRID is dark. */
static bool is_dark(const struct grid *grid, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	return x >= 0 && y >= 0 && x < grid->code->width && y < grid->code->width &&
	       (grid->code->data[y * grid->code->width + x] & 1) != 0;
}

static int put(struct ph_buf *out, const char *text)
{
	return ph_buf_put(out, text, strlen(text));
}

int ph_qr_blocks(struct ph_view text, struct ph_buf *out, struct ph_error *err)
{
	/* light above and below, dark below, dark above, dark: what is drawn is what is light */
	static const char *const blocks[] = { "█", "▀", "▄", " " };
	struct grid grid;
	int rc = encode(text, &grid, err);

	for (int y = 0; rc == 0 && y < grid.size; y += 2) {
		rc = put(out, "\x1b[97;40m");
		for (int x = 0; rc == 0 && x < grid.size; x++) {
			unsigned dark = (is_dark(&grid, x, y) ? 2 : 0) +
					(is_dark(&grid, x, y + 1) ? 1 : 0);

			rc = put(out, blocks[dark]);
		}
		rc = rc == 0 ? put(out, "\x1b[0m\n") : rc;
	}
	QRcode_free(grid.code);
	return rc;
}

int ph_qr_svg(struct ph_view text, struct ph_buf *out, struct ph_error *err)
{
	struct grid grid;
	int rc = encode(text, &grid, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_buf_printf(out,
			   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
			   "height=\"%d\" viewBox=\"0 0 %d %d\" "
			   "shape-rendering=\"crispEdges\">\n"
			   "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n<path d=\"",
			   grid.size * 6, grid.size * 6, grid.size, grid.size, grid.size,
			   grid.size);
	for (int y = 0; rc == 0 && y < grid.size; y++) {
		for (int x = 0; rc == 0 && x < grid.size; x++) {
			int run = 0;

			while (is_dark(&grid, x + run, y)) {
				run++;
			}
			if (run > 0) {
				rc = ph_buf_printf(out, "M%d %dh%dv1h-%dz", x, y, run,
						   run);
				x += run;
			}
		}
	}
	rc = rc == 0 ? put(out, "\"/>\n</svg>\n") : rc;
	QRcode_free(grid.code);
	return rc;
}
