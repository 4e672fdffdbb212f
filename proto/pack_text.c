/*
 * proto/pack_text.c - texts of a compact segment, in one piece through zstd with a dictionary.
 *
 * Where that makes them no shorter they are stored. Nothing is expanded into more room than
 * the frame says, and that is looked at first.
 */
#include "proto/pack_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZSTD_STATIC_LINKING_ONLY /* a dictionary in memory of ours */
#include <zstd.h>

#include "proto/pack_dict.h"

enum {
	TEXT_STORED = 0,
	TEXT_ZSTD = 1,
	LEVEL = 19,
	MAGIC_SIZE = 4,
	/* zstd frames: one segment, so that the window is the content; no checksum, no
	 * dictionary id; the size of the content in 1, 2 or 4 bytes */
	FRAME_ONE = 0x20,
	FRAME_SIZE_BITS = 0xc0,
};

static const uint8_t magic[MAGIC_SIZE] = { 0x28, 0xb5, 0x2f, 0xfd };

/*
 * The dictionary, made ready. In memory of ours, for ZSTD_createCDict() of 1.5.4 follows NULL
 * if it gets none. NULL: no memory.
 */
static const ZSTD_CDict *dict_open(struct ph_pack *pack, struct ph_view dict)
{
	ZSTD_compressionParameters params = ZSTD_getCParams(LEVEL, 0, dict.len);
	size_t size = ZSTD_estimateCDictSize_advanced(dict.len, params, ZSTD_dlm_byRef);

	free(pack->dict_room);
	/* it reads what it has not written, and then finds by chance what was there */
	pack->dict_room = calloc(1, size);
	return pack->dict_room == NULL
		       ? NULL
		       : ZSTD_initStaticCDict(pack->dict_room, size, dict.data, dict.len,
					      ZSTD_dlm_byRef, ZSTD_dct_auto, params);
}

static int zstd_pack(struct ph_pack *pack, struct ph_buf *out)
{
	struct ph_view dict = ph_pack_dict_text();
	struct ph_view text = ph_buf_view(&pack->text.buf);
	size_t start = out->len;
	size_t len;
	ZSTD_CCtx *zstd;

	if (pack->zstd_pack == NULL) {
		pack->zstd_pack = ZSTD_createCCtx();
	}
	if (pack->dict_pack == NULL) {
		pack->dict_pack = dict_open(pack, dict);
	}
	zstd = pack->zstd_pack;
	if (zstd == NULL || pack->dict_pack == NULL ||
	    ph_buf_reserve(out, ZSTD_compressBound(text.len))) {
		return -ENOMEM;
	}
	ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_dictIDFlag, 0);
	ZSTD_CCtx_refCDict(zstd, pack->dict_pack);
	len = ZSTD_compress2(zstd, out->data + start, out->cap - start, text.data,
			     text.len);
	if (ZSTD_isError(len)) {
		return -ENOMEM;
	}
	memmove(out->data + start, out->data + start + MAGIC_SIZE, len - MAGIC_SIZE);
	out->len += len - MAGIC_SIZE;
	return 0;
}

int ph_pack_texts(struct ph_pack *pack)
{
	struct ph_buf *out = &pack->packed;
	int rc;

	if (pack->text.buf.len == 0) {
		return 0;
	}
	rc = ph_buf_put_u8(out, TEXT_ZSTD);
	if (rc == 0) {
		rc = zstd_pack(pack, out);
	}
	if (rc == 0 &&
	    (out->len > pack->text.buf.len || (out->data[1] & FRAME_ONE) == 0)) {
		out->len = 0;
		rc = ph_buf_put_u8(out, TEXT_STORED);
		if (rc == 0) {
			rc = ph_buf_put_view(out, ph_buf_view(&pack->text.buf));
		}
	}
	return rc;
}

static int zstd_unpack(struct ph_pack *pack, struct ph_view frame, size_t room)
{
	struct ph_view dict = ph_pack_dict_text();
	unsigned long long size;
	size_t len;

	if (frame.len == 0 || (frame.data[0] & ~FRAME_SIZE_BITS) != FRAME_ONE ||
	    (frame.data[0] & FRAME_SIZE_BITS) == FRAME_SIZE_BITS) {
		return PH_PACK_E_FORM;
	}
	if (pack->zstd_unpack == NULL) {
		pack->zstd_unpack = ZSTD_createDCtx();
	}
	if (pack->dict_unpack == NULL) {
		pack->dict_unpack = ZSTD_createDDict(dict.data, dict.len);
	}
	if (pack->zstd_unpack == NULL || pack->dict_unpack == NULL ||
	    ph_buf_put(&pack->packed, magic, MAGIC_SIZE) ||
	    ph_buf_put_view(&pack->packed, frame)) {
		return -ENOMEM;
	}
	size = ZSTD_getFrameContentSize(pack->packed.data, pack->packed.len);
	if (size == 0 || size == ZSTD_CONTENTSIZE_ERROR || size > room ||
	    ZSTD_findFrameCompressedSize(pack->packed.data, pack->packed.len) !=
		    pack->packed.len) {
		return PH_PACK_E_FORM;
	}
	if (ph_buf_reserve(&pack->text.buf, (size_t)size)) {
		return -ENOMEM;
	}
	len = ZSTD_decompress_usingDDict(pack->zstd_unpack, pack->text.buf.data,
					 (size_t)size, pack->packed.data,
					 pack->packed.len, pack->dict_unpack);
	if (ZSTD_isError(len) || len != size) {
		return PH_PACK_E_FORM;
	}
	pack->text.buf.len = len;
	return 0;
}

int ph_unpack_texts(struct ph_pack *pack, struct ph_view section, size_t room)
{
	struct ph_view rest = section;
	int rc = 0;

	pack->text.left = PH_VIEW(NULL, 0);
	if (section.len == 0) {
		return 0;
	}
	rest.data++;
	rest.len--;
	if (section.data[0] == TEXT_ZSTD) {
		rc = zstd_unpack(pack, rest, room);
	} else if (section.data[0] != TEXT_STORED || rest.len == 0 || rest.len > room) {
		rc = PH_PACK_E_FORM;
	} else if (ph_buf_put_view(&pack->text.buf, rest)) {
		rc = -ENOMEM;
	}
	pack->text.left = ph_buf_view(&pack->text.buf);
	return rc;
}

/* ---- the whole ---- */

void ph_pack_texts_free(struct ph_pack *pack)
{
	ZSTD_freeCCtx(pack->zstd_pack);
	ZSTD_freeDCtx(pack->zstd_unpack);
	free(pack->dict_room);
	ZSTD_freeDDict(pack->dict_unpack);
}
