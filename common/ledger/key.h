/* common/ledger/key.h - names of entities, as bytes: type and id (docs/MERGE.md, "Entities"). */
#ifndef PH_LEDGER_KEY_H
#define PH_LEDGER_KEY_H

#include "common/ledger/ledger.h"

struct ph_entity_key {
	uint8_t type; /* enum ph_entity */
	uint8_t len;
	uint8_t id[PH_ENTITY_ID_MAX];
};

/* A site: its number. */
struct ph_entity_key ph_key_number(enum ph_entity type, uint64_t number);
/* A title, reader, hold, ...: the reference of its first entry. */
struct ph_entity_key ph_key_ref(enum ph_entity type, const struct ph_ref *ref);
/* A tally: site, and day in UTC+7. */
struct ph_entity_key ph_key_tally(uint64_t site, int64_t day);
/* A target: year and indicator. False if the indicator is too long or empty. */
bool ph_key_target(uint64_t year, struct ph_view indicator, struct ph_entity_key *key);
/* A commune, model, policy, device, invite, log or case: the bytes themselves. False if longer than PH_ENTITY_ID_MAX. */
bool ph_key_bytes(enum ph_entity type, struct ph_view bytes, struct ph_entity_key *key);
/* A card, copy, crate or account. False if the code is longer than PH_CODE_MAX or empty. */
bool ph_key_id(enum ph_entity type, const struct ph_id *id, struct ph_entity_key *key);
/* The id; borrows KEY. */
struct ph_view ph_key_view(const struct ph_entity_key *key);
/* Order by type, then bytes of the id, a prefix first. */
int ph_key_compare(const struct ph_entity_key *a, const struct ph_entity_key *b);

/* Whether TYPE is a type of entity, and KEY's id of its form (docs/MERGE.md, "Entities"). */
bool ph_key_is_entity(const struct ph_entity_key *key);

/* Back from the bytes of an id; false if they are of another length. */
bool ph_key_get_ref(struct ph_view id, struct ph_ref *ref);
bool ph_key_get_id(struct ph_view id, struct ph_id *id_out);
bool ph_key_get_number(struct ph_view id, uint64_t *number);
bool ph_key_get_tally(struct ph_view id, uint64_t *site, int64_t *day);

#endif
