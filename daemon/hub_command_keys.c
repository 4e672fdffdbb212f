/*
 * daemon/hub_command_keys.c - the key list: what it says, and a newer one.
 *
 * The root never comes here: a command signs the list and brings it. What is taken is a list
 * of our own root with a higher generation that names the keys we have; other hub keys come
 * only with a rotation, for which the hub does not serve.
 */
#include "common/base/say.h"
#include "daemon/hub_rotate.h"

#include <errno.h>
#include <string.h>

#include "daemon/hub_command.h"

/* A generation that is so far above ours no rotation made. */
#define JUMP_MAX 1000

void ph_hub_keylist_tell(const struct ph_hub *hub, uint64_t generation,
			 struct ph_welcome *welcome)
{
	if (hub->keylist.generation > (generation > 0 ? generation : 1)) {
		welcome->keylist = ph_buf_view(&hub->keylist_bytes);
	}
}

int ph_hub_keylist_heard(struct ph_hub *hub, uint64_t generation)
{
	int64_t held = 0;
	int rc;

	if (generation <= hub->keylist.generation ||
	    generation > hub->keylist.generation + JUMP_MAX) {
		return 0;
	}
	rc = ph_journal_meta_get_int(hub->journal, PH_HUB_META_KEYS, &held);
	return rc < 0 || generation <= (uint64_t)held
		       ? rc < 0 ? rc : 0
		       : ph_journal_meta_put_int(hub->journal, PH_HUB_META_KEYS,
						 (int64_t)generation);
}

int ph_hub_keylist_next(struct ph_hub *hub, uint64_t *out)
{
	int64_t held = 0;
	int rc = ph_journal_meta_get_int(hub->journal, PH_HUB_META_KEYS, &held);

	*out = hub->keylist.generation > (uint64_t)held ? hub->keylist.generation
							: (uint64_t)held;
	(*out)++;
	return rc < 0 ? rc : 0;
}

/* --- looking --- */

static json_t *hex_of(const void *bytes, size_t len)
{
	char text[2 * PH_CERT_MAX + 1];

	if (len > PH_CERT_MAX) {
		return NULL;
	}
	ph_hex(text, bytes, len);
	return json_string(text);
}

/* Those of the folder, and those that the list names besides. */
static json_t *hubs_of(const struct ph_hub *hub)
{
	const struct ph_hub_ring *ring = &hub->ring;
	json_t *hubs = json_array();

	for (unsigned i = 0; i < ring->n; i++) {
		bool listed = ph_keylist_has_hub(&hub->keylist, ring->sign[i]);
		json_t *item = json_pack("{s:o, s:o, s:s}", "key",
					 hex_of(ring->sign[i], PH_KEY_SIZE), "static",
					 hex_of(ring->box[i].key, PH_KEY_SIZE), "state",
					 i == 0   ? "in-use"
					 : listed ? "was-in-use"
						  : "closed");
		char until[PH_TIME_TEXT];

		if (ring->until[i] > 0) {
			ph_time_text(until, ring->until[i]);
			json_object_set_new(item, "until", json_string(until));
		}
		json_array_append_new(hubs, item);
	}
	return hubs;
}

int ph_hub_keys_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	const struct ph_keylist *list = &hub->keylist;
	json_t *operators = json_array();
	char issued[PH_TIME_TEXT];
	uint64_t next = 0;
	int rc = ph_hub_keylist_next(hub, &next);

	(void)request;
	if (rc < 0) {
		json_decref(operators);
		return ph_fail_errno(
			err, rc,
			ph_say("reading the hub's store", "đọc kho dữ liệu của máy chủ"));
	}
	for (unsigned i = 0; i < list->n_operators; i++) {
		json_array_append_new(operators,
				      hex_of(list->operator_key[i], PH_KEY_SIZE));
	}
	ph_time_text(issued, (int64_t)list->issued);
	json_object_set_new(answer, "root", hex_of(list->root, PH_KEY_SIZE));
	json_object_set_new(answer, "generation",
			    json_integer((json_int_t)list->generation));
	json_object_set_new(answer, "next", json_integer((json_int_t)next));
	json_object_set_new(answer, "issued", json_string(issued));
	json_object_set_new(answer, "now", json_integer(ph_hub_now(hub)));
	json_object_set_new(answer, "hubs", hubs_of(hub));
	json_object_set_new(answer, "operators", operators);
	json_object_set_new(answer, "closed", json_integer(list->n_closed));
	json_object_set_new(answer, "keylist",
			    hex_of(hub->keylist_bytes.data, hub->keylist_bytes.len));
	return 0;
}

/* --- a newer list --- */

static int check(const struct ph_hub *hub, const struct ph_keylist *list,
		 struct ph_error *err)
{
	const struct ph_keylist *held = &hub->keylist;

	if (memcmp(list->root, held->root, PH_KEY_SIZE) != 0) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("that key list is of another province",
				      "danh sách khóa đó là của tỉnh khác"));
	}
	if (list->generation <= held->generation) {
		return ph_fail(err, PH_EXIT_TRY_LATER, -EAGAIN,
			       ph_say("another key list was made meanwhile; give the "
				      "command again",
				      "trong lúc đó đã có danh sách khóa khác; hãy ra "
				      "lại lệnh"));
	}
	if (list->n_hubs != held->n_hubs ||
	    memcmp(list->hub, held->hub, list->n_hubs * sizeof(list->hub[0])) != 0 ||
	    list->n_closed != held->n_closed) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("that key list names other keys of the hub; only "
				      "`keys rotate` brings these",
				      "danh sách khóa đó nêu khóa khác của máy chủ; chỉ "
				      "`keys rotate` mới thay được"));
	}
	return 0;
}

int ph_hub_keylist_put(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	const char *hex = ph_request_need(request, "keylist", err);
	size_t len = hex ? strlen(hex) / 2 : 0;
	struct ph_buf bytes = { 0 };
	struct ph_keylist list;
	int rc = hex ? ph_buf_reserve(&bytes, len + 1) : -EINVAL;

	if (rc == 0) {
		bytes.len = len;
		rc = ph_unhex(bytes.data, len, hex, strlen(hex)) == 0
			     ? ph_keylist_decode(ph_buf_view(&bytes), &list)
			     : PH_CERT_E_FORM;
	}
	if (rc > 0) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("that key list %s", "danh sách khóa đó %s"),
			     ph_cert_error(rc));
	}
	rc = rc < 0 ? rc : check(hub, &list, err);
	rc = rc < 0 ? rc : ph_hub_keys_list_write(hub->dir, ph_buf_view(&bytes), err);
	if (rc == 0) {
		ph_buf_deinit(&hub->keylist_bytes);
		hub->keylist_bytes = bytes;
		hub->keylist = list;
		bytes = (struct ph_buf){ 0 };
		json_object_set_new(answer, "generation",
				    json_integer((json_int_t)list.generation));
	}
	ph_buf_deinit(&bytes);
	return rc;
}
