/* client/place.h - which folder on which machine this is. */
#ifndef PH_CLIENT_PLACE_H
#define PH_CLIENT_PLACE_H

#include <stdint.h>

#include "common/base/error.h"

#define PH_PLACE_SIZE 16

/*
 * Where the system's /etc and /sys are looked for by this process: "" unless a test says
 * otherwise. Borrowed.
 */
void ph_place_use(const char *root);
const char *ph_place_root(void);
/*
 * A fingerprint of the machine and of the disk that PATH lies on. 0, or a negative errno with
 * ERR.
 */
int ph_place_machine(const char *path, uint8_t out[static PH_PLACE_SIZE],
		     struct ph_error *err);
/*
 * A fingerprint of the file PATH as it lies here: it changes when the file is copied, put
 * back, or found on another machine or disk; renaming its folder and reading it change
 * nothing. ROOT is where the system's /etc, /proc and /sys are looked for: "" but in
 * tests. 0, or a negative errno with ERR.
 */
int ph_place(const char *root, const char *path, uint8_t out[static PH_PLACE_SIZE],
	     struct ph_error *err);

#endif
