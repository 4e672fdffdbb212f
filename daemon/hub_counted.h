/* daemon/hub_counted.h - figures as they were counted, before small ones are hidden. */
#ifndef PH_DAEMON_HUB_COUNTED_H
#define PH_DAEMON_HUB_COUNTED_H

#include <jansson.h>
#include <stdbool.h>

/* Whether who asks may see them: unless the request says "counted": false. */
bool ph_hub_is_counted(const json_t *request);
/* Wherever ANSWER has an "entry" that counts persons, signs counts or erases, only its kind is left. */
void ph_hub_close_entries(json_t *answer);

/*
 * No list in ANSWER, and nothing in one, tells a card, nor a card or a reader what is out on them or owed:
 * who may not open names is not to collect who reads what. What was asked for by its own number stays. Of a
 * case of a loan to who was barred it is told that there is one.
 */
void ph_hub_close_cards(json_t *answer);

#endif
