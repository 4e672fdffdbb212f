/*
 * daemon/hub_look.h - a second view of an open hub, for questions that take long.
 *
 * It answers the commands that only look, on another thread than the store's, which meanwhile
 * stores and folds: a page holds up no device (docs/decisions/0035-a-look-beside-the-store.md). One
 * question at a time: on the store's thread it is prepared, then it may be asked on any.
 */
#ifndef PH_DAEMON_HUB_LOOK_H
#define PH_DAEMON_HUB_LOOK_H

#include "daemon/hub.h"

struct ph_hub_look;

/*
 * Of HUB, which was opened with is_looked_at and outlives it. 0; -ENOTSUP: the store cannot be
 * looked at beside its own connection; another negative errno with ERR.
 */
int ph_hub_look_open(struct ph_hub_look **look_out, struct ph_hub *hub,
		     struct ph_error *err);
/* Nobody asks it any more. NULL is fine. */
void ph_hub_look_free(struct ph_hub_look *look);
/* Whether this command is one that a look answers. */
bool ph_hub_look_takes(const char *command);
/*
 * On the store's thread, while nobody asks LOOK: HUB folds what waits, and LOOK is told what it
 * has in memory, and sees what is committed now, for MS milliseconds. 0: REQUEST must be
 * asked, soon; or a negative errno with the answer, an error; NULL: memory lacked.
 */
int ph_hub_look_prepare(struct ph_hub_look *look, struct ph_hub *hub,
			const json_t *request, unsigned ms, json_t **refusal_out);
/*
 * As ph_hub_command(), of what was committed when it was prepared. When its time is over the
 * answer is an error, with the reason "too-long"; PH_EXIT_TRY_LATER: it had to end for the
 * store's sake. NULL: memory lacked.
 */
json_t *ph_hub_look_command(struct ph_hub_look *look, const json_t *request);
/* What it is asked is not answered any more. From any thread. */
void ph_hub_look_stop(struct ph_hub_look *look);
/* Its connection saw an I/O error; what the store has seen it says itself. */
bool ph_hub_look_is_broken(const struct ph_hub_look *look);

#endif
