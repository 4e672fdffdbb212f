/*
 * client/road_class.h - what goes first where a road is short: the kinds of entries, by
 * what they are for.
 */
#ifndef PH_CLIENT_ROAD_CLASS_H
#define PH_CLIENT_ROAD_CLASS_H

#include <stdint.h>

enum ph_road_class {
	PH_CLASS_CIRCULATION,
	PH_CLASS_READERS,
	PH_CLASS_CATALOGUE,
	PH_CLASS_REST,
	PH_CLASSES,
};
/* Of the kind with NUMBER; one that is not known is of the rest. */
enum ph_road_class ph_road_class(uint64_t number);
/* "circulation", "readers", "catalogue", "rest". */
const char *ph_road_class_name(enum ph_road_class class);

#endif
