/* client/marc/mapping.h - a record being mapped; for map.c and items.c only. */
#ifndef PH_MARC_MAPPING_H
#define PH_MARC_MAPPING_H

#include "client/marc/map.h"

struct ph_mapping {
	struct ph_marc_record *record;
	json_t *title;
	json_t *items;
	const uint8_t *source;
	struct ph_error *err;
	const char *item_tag; /* where its copies came from; NULL: none */
	bool failed;          /* no memory */
};

/* Set NAME of OBJECT to VALUE (taken); a failure is remembered in TO. */
void ph_mapping_set(struct ph_mapping *to, json_t *object, const char *name,
		    json_t *value);

static inline json_t *ph_mapping_text(struct ph_view text)
{
	return json_stringn((const char *)text.data, text.len);
}

/* Fill the items of TO from the fields that ITEMS means. 0 or -ENOMEM. */
int ph_map_items(struct ph_mapping *to, enum ph_marc_items items);

#endif
