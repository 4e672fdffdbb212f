/*
 * daemon/hub_erasure_beyond.c - what the certificate of an erasure says of what is beyond the
 * devices that it lists.
 *
 * A hub that was restored, or whose folder was put back, has forgotten days. Devices that were let
 * in then are asked as soon as anybody tells of them (hub_command_erasure.c); until then nobody
 * knows that they are missing from the list. So the certificate says that there were such days.
 */
#include "daemon/hub_erasure_beyond.h"

#include "daemon/hub_second.h"

#include <errno.h>

static int set_time(json_t *object, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	return json_object_set_new(object, name, json_string(text)) ? -ENOMEM : 0;
}

/* Of the second medium: whether what was erased is gone from it, too. */
static int tell_second(struct ph_hub *hub, json_t *out)
{
	bool erased = false;
	int rc = ph_hub_second_has_erased(hub, &erased);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	return json_object_set_new(out, "second_medium",
				   json_string(erased ? "erased" : "out"))
		       ? -ENOMEM
		       : 0;
}

static int tell_restored(const struct ph_hub *hub, json_t *out)
{
	int rc = hub->restored > 0 ? set_time(out, "restored", hub->restored) : 0;

	return rc == 0 && hub->put_back > 0 ? set_time(out, "put_back", hub->put_back)
					    : rc;
}

int ph_hub_beyond_tell(struct ph_hub *hub, json_t *certificate)
{
	int rc = tell_second(hub, certificate);

	return rc < 0 ? rc : tell_restored(hub, certificate);
}
