/*
 * common/ledger/log_state.c - a log: how it was opened, and which logs go on from it.
 *
 * A log has one `open`; two of one log are two branches of it, and the first in the
 * order shows. That more than one log goes on from here, or that this one went on
 * itself, is seen by whoever compares.
 */
#include "common/ledger/log_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fold {
	const struct ph_entity_key *key;
	struct ph_log_state log;
};

static bool is_log(const struct ph_entity_key *key, const uint8_t id[PH_LOG_ID_SIZE])
{
	return ph_view_equal(ph_key_view(key), PH_VIEW(id, PH_LOG_ID_SIZE));
}

static void take_open(struct ph_log_state *log, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	if (log->opened) {
		return;
	}
	log->opened = true;
	log->site = field[PH_OPEN_SITE].as.uint;
	log->second = fact->second;
	log->continues = field[PH_OPEN_CONTINUES].set;
	if (log->continues) {
		log->head = field[PH_OPEN_CONTINUES].as.head;
	}
	log->why = ph_opt_of(&field[PH_OPEN_WHY]);
}

static int add_continuation(struct ph_log_state *log, const struct ph_fact *fact,
			    const struct ph_value *field)
{
	const struct ph_head *head = &field[PH_OPEN_CONTINUES].as.head;
	struct ph_continuation *item =
		ph_state_push((void **)&log->continued, &log->n_continued, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	memcpy(item->log_id, fact->ref.log_id, sizeof item->log_id);
	item->n = head->n;
	memcpy(item->h, head->h, sizeof item->h);
	item->why = ph_opt_of(&field[PH_OPEN_WHY]);
	item->second = fact->second;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct fold *fold = data;
	const struct ph_value *field = entry->field;

	if (entry->number != PH_KIND_OPEN) {
		return 0;
	}
	if (is_log(fold->key, fact->ref.log_id)) {
		take_open(&fold->log, fact, field);
	}
	if (field[PH_OPEN_CONTINUES].set &&
	    is_log(fold->key, field[PH_OPEN_CONTINUES].as.head.log_id)) {
		return add_continuation(&fold->log, fact, field);
	}
	return 0;
}

static void write_opened(struct ph_mpw *writer, const struct ph_log_state *log)
{
	struct ph_row row;

	ph_row_begin(&row, writer);
	ph_row_item(&row, true);
	ph_mpw_uint(writer, log->site);
	ph_row_item(&row, true);
	ph_state_int(writer, log->second);
	if (ph_row_item(&row, log->continues)) {
		ph_head_write(writer, &log->head);
	}
	if (ph_row_item(&row, log->why.set)) {
		ph_mpw_uint(writer, log->why.value);
	}
	ph_row_end(&row);
}

static int write_state(const struct ph_log_state *log, struct ph_buf *state_out)
{
	struct ph_mpw writer;
	struct ph_row row;

	ph_mpw_init(&writer, state_out);
	ph_row_begin(&row, &writer);
	if (ph_row_item(&row, log->opened)) {
		write_opened(&writer, log);
	}
	if (ph_row_item(&row, log->n_continued > 0)) {
		ph_mpw_array(&writer, log->n_continued);
	}
	for (size_t i = 0; i < log->n_continued; i++) {
		const struct ph_continuation *item = &log->continued[i];

		ph_mpw_array(&writer, 5);
		ph_mpw_bin(&writer, item->log_id, sizeof item->log_id);
		ph_mpw_uint(&writer, item->n);
		ph_mpw_bin(&writer, item->h, sizeof item->h);
		ph_state_write_opt(&writer, &item->why);
		ph_state_int(&writer, item->second);
	}
	ph_row_end(&row);
	return ph_mpw_end(&writer);
}

int ph_log_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		      size_t n, struct ph_buf *state_out)
{
	struct fold fold = { .key = key };
	int rc = ph_state_each(facts, n, on_fact, &fold);

	rc = rc != 0 ? rc : write_state(&fold.log, state_out);
	ph_log_state_deinit(&fold.log);
	return rc;
}

/* --- reading --- */

static bool read_opened(const msgpack_object *object, struct ph_log_state *log)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 4);

	if (ph_mp_is_nil(object)) {
		return true;
	}
	if (array == NULL) {
		return false;
	}
	log->opened = true;
	log->continues = !ph_mp_is_nil(ph_mp_item(array, 2));
	return ph_mp_uint(&array->ptr[0], UINT64_MAX, &log->site) &&
	       ph_state_get_int(&array->ptr[1], &log->second) &&
	       (!log->continues || ph_head_read(&array->ptr[2], &log->head)) &&
	       ph_state_get_opt(ph_mp_item(array, 3), &log->why);
}

static bool read_continuation(const msgpack_object *object, void *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 5, 5);
	struct ph_continuation *item = out;

	return array != NULL &&
	       ph_mp_bin_exact(&array->ptr[0], item->log_id, sizeof item->log_id) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &item->n) &&
	       ph_mp_bin_exact(&array->ptr[2], item->h, sizeof item->h) &&
	       ph_state_get_opt(&array->ptr[3], &item->why) &&
	       ph_state_get_int(&array->ptr[4], &item->second);
}

int ph_log_state_decode(struct ph_view state, struct ph_log_state *log)
{
	struct ph_log_state got = { 0 };
	const msgpack_object_array *array;
	struct ph_mp mp;
	int rc = ph_state_decode(state, &mp, &array);

	if (rc != 0) {
		return rc;
	}
	rc = read_opened(ph_mp_item(array, 0), &got) ? 0 : -EUCLEAN;
	rc = rc != 0 ? rc
		     : ph_state_get_list(ph_mp_item(array, 1), sizeof *got.continued,
					 read_continuation, (void **)&got.continued,
					 &got.n_continued);
	ph_mp_deinit(&mp);
	if (rc != 0) {
		ph_log_state_deinit(&got);
		return rc;
	}
	*log = got;
	return 0;
}

void ph_log_state_deinit(struct ph_log_state *log)
{
	free(log->continued);
	*log = (struct ph_log_state){ 0 };
}
