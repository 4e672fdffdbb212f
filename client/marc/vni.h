/*
 * client/marc/vni.h - Vietnamese text in VNI's charset for Windows, as UTF-8.
 *
 * Neither libyaz nor iconv(3) knows it. A letter is followed by one byte for all its
 * marks; ơ, ư, đ and i and y with some marks are bytes of their own.
 */
#ifndef PH_MARC_VNI_H
#define PH_MARC_VNI_H

#include "common/base/bytes.h"

/*
 * Append IN as UTF-8, marks behind their letters and not composed. 0; 1: IN has a byte
 * that is none of VNI's, or marks without a letter that bears them; -ENOMEM. OUT has the
 * part before then.
 */
int ph_vni_read(struct ph_view in, struct ph_buf *out);

#endif
