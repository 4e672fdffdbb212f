/*
 * daemon/hub_name.h - what a person calls things: sites by code, logs and invites by the
 * beginning of their id, copies and cards by what is scanned.
 *
 * All give 0; -EINVAL or -ENOENT with ERR, which says what would do; another negative errno.
 */
#ifndef PH_DAEMON_HUB_NAME_H
#define PH_DAEMON_HUB_NAME_H

#include "common/ledger/cases_name.h"
#include "common/log/json.h"
#include "daemon/hub_command.h"

/* So many hex digits at least name something by the beginning of its id. */
#define PH_HUB_PREFIX_MIN 4

/* A site by its code, or by its number if there is one with it. */
int ph_hub_site_called(struct ph_hub *hub, const char *text, uint64_t *number_out,
		       struct ph_error *err);
/* Also one of which the control log alone tells (ph_hub_device_each). */
int ph_hub_device_called(struct ph_hub *hub, const char *prefix,
			 struct ph_device *device_out, struct ph_error *err);
/* The same for what needs the device's keys: one that has not come is refused. */
int ph_hub_device_here(struct ph_hub *hub, const char *prefix,
		       struct ph_device *device_out, struct ph_error *err);
/* A log of a device, not one of the hub's. */
int ph_hub_log_called(struct ph_hub *hub, const char *prefix, struct ph_log *log_out,
		      struct ph_error *err);
/*
 * An invite that was made with this hub; or one that it does not know (it may have been
 * restored since), by its whole id alone.
 */
int ph_hub_invite_called(struct ph_hub *hub, const char *prefix,
			 uint8_t id_out[static PH_INVITE_ID_SIZE], bool *known_out,
			 struct ph_error *err);

/* A case, also one that is gone. */
int ph_hub_case_called(struct ph_hub *hub, const char *prefix,
		       uint8_t id_out[static PH_CASE_ID_SIZE], struct ph_error *err);

/*
 * Codes that an entry names by what is scanned: in namespace 0 if it is of the printed
 * form, else the one that is known here; BEHALF (0: none) is the site whose own codes go
 * before others'.
 */
struct ph_hub_codes {
	struct ph_hub *hub;
	uint64_t behalf;
	struct ph_error *err;
};
struct ph_json_scope ph_hub_codes_scope(struct ph_hub_codes *codes);

/*
 * Where OBJECT, an entry of KIND, has a site's code instead of its number, put the number:
 * fields, lists and `behalf`.
 */
int ph_hub_sites_numbered(struct ph_hub *hub, json_t *object, const struct ph_kind *kind,
			  struct ph_error *err);

#endif
