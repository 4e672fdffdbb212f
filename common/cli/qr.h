/*
 * common/cli/qr.h - an invite, or a desk's card, as a QR code, for a screen or for paper.
 */
#ifndef PH_CLI_QR_H
#define PH_CLI_QR_H

#include "common/base/bytes.h"
#include "common/base/error.h"

/*
 * Append TEXT as a QR code: two rows of modules to a line of block characters, for a terminal
 * whose background is dark or light, as the colours are said with it; or as an SVG image. 0;
 * -EMSGSIZE with words: it is too long for a QR code; or -ENOMEM.
 */
int ph_qr_blocks(struct ph_view text, struct ph_buf *out, struct ph_error *err);
int ph_qr_svg(struct ph_view text, struct ph_buf *out, struct ph_error *err);

#endif
