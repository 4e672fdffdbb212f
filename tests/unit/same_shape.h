/* tests/unit/same_shape.h - two answers in JSON that differ in nothing but values. */
#ifndef PH_TESTS_SAME_SHAPE_H
#define PH_TESTS_SAME_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The same members and items, whatever the values: numbers go on from one answer to the next. */
static inline bool same_shape(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *value;
	size_t i;

	if (!a || !b || json_typeof(a) != json_typeof(b)) {
		return false;
	}
	if (json_is_object(a)) {
		json_object_foreach((json_t *)(uintptr_t)a, name, value)
		{
			if (!same_shape(value, json_object_get(b, name))) {
				return false;
			}
		}
		return json_object_size(a) == json_object_size(b);
	}
	json_array_foreach(a, i, value)
	{
		if (!same_shape(value, json_array_get(b, i))) {
			return false;
		}
	}
	return json_array_size(a) == json_array_size(b);
}

#endif
