/* client/van_internal.h - shared by van.c and van_visit.c only. */
#ifndef PH_CLIENT_VAN_INTERNAL_H
#define PH_CLIENT_VAN_INTERNAL_H

#include "client/van.h"

int64_t ph_van_now(const struct ph_van *van);
/* What is carried, by sender and number, without what is too old, which is removed. */
int ph_van_list(struct ph_van *van, struct ph_spool_files *files_out,
		struct ph_error *err);
/* Remove a bundle, by its name, and what was signed of it. */
void ph_van_drop(const struct ph_van *van, const char *bundle);
int ph_van_custody_path(const struct ph_van *van, const char *bundle,
			char out[static PH_VAN_PATH_MAX]);
int ph_van_cert_path(const struct ph_van *van, const uint8_t id[static PH_DEVICE_ID_SIZE],
		     char out[static PH_VAN_PATH_MAX]);
void ph_van_write_manifest(struct ph_van *van);

#endif
