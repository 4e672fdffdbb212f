/*
 * common/cli/missing.c - {"device": id, "packed": n, "here": n}; null, where it is not known.
 */
#include "common/cli/missing.h"

#include <errno.h>
#include <stdio.h>

#include "common/cli/out.h"

int ph_missing_add(json_t *list, const char *device, unsigned packed, unsigned here)
{
	return json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "device", device,
						     "packed", (json_int_t)packed, "here",
						     (json_int_t)here)) != 0
		       ? -ENOMEM
		       : 0;
}

int ph_missing_add_unknown(json_t *list, const char *device)
{
	return json_array_append_new(list, json_pack("{s:s, s:n, s:n}", "device", device,
						     "packed", "here")) != 0
		       ? -ENOMEM
		       : 0;
}

static void tell(const json_t *item)
{
	const char *device = json_string_value(json_object_get(item, "device"));
	const json_t *packed = json_object_get(item, "packed");
	long long here = json_integer_value(json_object_get(item, "here"));

	if (json_is_null(packed)) {
		fprintf(stderr,
			ph_say("The list of what %.8s has packed is damaged: whether all "
			       "of it is on this stick is not known.\n",
			       "Danh sách các gói do máy %.8s ghi bị hỏng: không biết "
			       "thẻ này có đủ hay không.\n"),
			device);
		return;
	}
	fprintf(stderr,
		ph_say("Only %lld of %lld bundles that %.8s has packed are on this "
		       "stick. Nothing is "
		       "lost: what is missing comes with a stick that is packed anew.\n",
		       "Trên thẻ này chỉ có %lld trong %lld gói do máy %.8s đã ghi. "
		       "Không "
		       "mất gì: phần còn thiếu sẽ đến khi ghi lại thẻ.\n"),
		here, (long long)json_integer_value(packed), device);
}

void ph_missing_tell(const json_t *list)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item)
	{
		tell(item);
	}
}
