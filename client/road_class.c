/*
 * client/road_class.c - the kinds of entries, by what they are for.
 *
 * The families of the kind table (docs/KINDS.md) are finer: here they are only told apart as
 * far as the order on a short road needs.
 */
#include "client/road_class.h"

#include <string.h>

#include "common/log/kinds.h"

static const char *const names[PH_CLASSES] = { "circulation", "readers", "catalogue",
					       "rest" };

const char *ph_road_class_name(enum ph_road_class class)
{
	return names[class];
}

enum ph_road_class ph_road_class(uint64_t number)
{
	const struct ph_kind *kind = ph_kind_find(number);

	for (int i = 0; kind && i < PH_CLASS_REST; i++) {
		if (strcmp(kind->family, names[i]) == 0) {
			return i;
		}
	}
	return PH_CLASS_REST;
}
