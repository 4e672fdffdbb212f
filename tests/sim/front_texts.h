/* tests/sim/front_texts.h - what can be read in a packed segment of which the front is there. */
#ifndef PH_TESTS_SIM_FRONT_TEXTS_H
#define PH_TESTS_SIM_FRONT_TEXTS_H

#include "common/base/bytes.h"

/*
 * The texts of a packed segment, names among them, from the front BODY of it, appended to OUT, which is the
 * caller's. False: not all of them are there yet (docs/PACK.md).
 */
bool sim_front_texts(struct ph_view body, struct ph_buf *out);

#endif
