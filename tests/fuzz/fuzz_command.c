/*
 * tests/fuzz/fuzz_command.c - any lines over the local socket of a hub that has something.
 *
 * Its folder is real: two sites, a device of each, a title, a reader, cards, a copy that both
 * have lent (a case), an invite, a report. The input is lines, taken as daemon/talk.c takes
 * them: a JSON object with a command in it, else the connection ends. What an input cannot
 * know is named in it: "$t" stands for the reference of the title, and so on (names[]); a
 * line "$s" for what the last answer gives to be signed, signed by an operator.
 *
 * Each answer is JSON with an exit; one that refuses has words and has written nothing, nor
 * left a transaction open, and no request finds the store damaged. At the end the journal
 * verifies, the rebuilt ledger is the ledger, and all is there when the hub is opened again.
 * An input that changed nothing in the store leaves the hub running for the next one.
 */
#include "tests/unit/put_room.h"

#include "common/base/limits.h"
#include "daemon/hub_internal.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	LINES_MAX = 24,
	TEXT_MAX = 96,
};

#define INVITE "0123456789abcdef0123456789abcdef"

static struct hub_room room;
static char made[96];
static json_t *last; /* answer */

/*
 * What stands for what, behind a "$": both devices and their logs, the control and the desk
 * log; title, reader, the last loan; the case, the invite, the first device's fingerprint.
 */
static const char letters[] = "delmcktrnxif";
static char names[sizeof(letters) - 1][TEXT_MAX];

static char *name_of(char letter)
{
	const char *at = letter == '\0' ? NULL : strchr(letters, letter);

	return at ? names[at - letters] : NULL;
}

/* --- a hub that has something --- */

static json_t *must_ask(const char *text)
{
	return ask(&room, json_loads(text, 0, NULL));
}

/* The entry that TEXT shows, by MEMBER; its reference becomes the name LETTER. */
static uint64_t write_entry(struct member *member, const char *text, char letter)
{
	json_t *object = json_loads(text, 0, NULL);
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	struct ph_buf arena = { 0 };
	struct ph_error err = { 0 };
	struct ph_ref ref;

	must(object != NULL && entry != NULL);
	must(ph_entry_from_json(object, NULL, entry, &arena, &err) == 0);
	begin(&member->desk.room);
	must(ph_writer_add(member->desk.writer, entry, &ref, &err) == 0);
	must(ph_writer_seal(member->desk.writer) == 0);
	commit(&member->desk.room);
	if (letter != '\0') {
		ph_ref_text(name_of(letter), &ref);
	}
	ph_buf_deinit(&arena);
	free(entry);
	json_decref(object);
	return ref.n;
}

static void write_loan(struct member *member, const char *card)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "{\"kind\":\"loan\",\"copy\":{\"ns\":0,\"code\":\"000017\"},"
		 "\"card\":{\"ns\":140371,\"code\":\"%s\"},\"term\":14}",
		 card);
	write_entry(member, text, 'n');
	pass(&member->desk.machine, 3600);
}

static void fill(struct member *a, struct member *b)
{
	char text[320];
	uint64_t reader;

	write_entry(a, "{\"kind\":\"title-put\",\"name\":\"Vợ chồng A Phủ\"}", 't');
	reader = write_entry(
		a, "{\"kind\":\"reader-put\",\"name\":\"Lò Thị Xuân\",\"born\":1990}",
		'r');
	snprintf(text, sizeof(text),
		 "{\"kind\":\"copy-put\",\"copy\":{\"ns\":0,\"code\":\"000017\"},"
		 "\"owner\":140371,\"title\":\"%s\"}",
		 name_of('t'));
	write_entry(a, text, '\0');
	snprintf(text, sizeof(text),
		 "{\"kind\":\"card-issue\",\"card\":{\"ns\":140371,\"code\":\"K1\"},"
		 "\"reader\":\"%s\"}",
		 name_of('r'));
	write_entry(a, text, '\0');
	write_loan(b, "K2");
	pass(&a->desk.machine, 1800);
	write_loan(a, "K1");
	expect_job(&room, store_of(a, all_item(a, 0)), 0);
	expect_job(&room, store_of(b, all_item(b, 0)), 0);
	expect_job(&room, store_of(a, part_item(a, reader)), 0);
}

static void name_all(const struct member *a, const struct member *b)
{
	json_t *cases = must_ask("{\"command\":\"cases\"}");
	json_t *one = json_array_get(json_object_get(cases, "cases"), 0);
	uint8_t id[PH_DEVICE_ID_SIZE];
	json_t *devices;
	size_t i;

	must(one != NULL);
	snprintf(name_of('x'), TEXT_MAX, "%s", text_in(one, "id"));
	json_decref(cases);
	devices = must_ask("{\"command\":\"devices\"}");
	json_array_foreach(json_object_get(devices, "devices"), i, one)
	{
		if (strcmp(text_in(one, "site"), "14-0371") == 0) {
			snprintf(name_of('f'), TEXT_MAX, "%s",
				 text_in(one, "fingerprint"));
		}
	}
	json_decref(devices);
	must(name_of('f')[0] != '\0');
	snprintf(name_of('i'), TEXT_MAX, "%s", INVITE);
	ph_device_id(id, a->keys.sign.key);
	ph_hex(name_of('d'), id, sizeof(id));
	ph_device_id(id, b->keys.sign.key);
	ph_hex(name_of('e'), id, sizeof(id));
	ph_hex(name_of('l'), own_log(a)->id, PH_LOG_ID_SIZE);
	ph_hex(name_of('m'), own_log(b)->id, PH_LOG_ID_SIZE);
	ph_hex(name_of('c'), ph_writer_log(room.hub->writer)->id, PH_LOG_ID_SIZE);
	ph_hex(name_of('k'), ph_writer_log(room.hub->desk)->id, PH_LOG_ID_SIZE);
}

/* The folder as inputs begin with it is kept in `made`. */
static void prepare(void)
{
	static struct member a, b;
	char command[256];

	must(make_pattern(NULL) == 0);
	fuzz_folder_make();
	room = pattern;
	room.rng.data = &room.state;
	snprintf(room.dir, sizeof(room.dir), "%.50s/hub", fuzz_folder);
	snprintf(made, sizeof(made), "%s/made", fuzz_folder);
	snprintf(command, sizeof(command), "cp -r '%s' '%s'", pattern.dir, room.dir);
	must(system(command) == 0);
	remove_pattern(NULL);
	hub_start(&room);
	member_open(&room, &a, 1, "14-0371");
	member_open(&room, &b, 2, "14-0372");
	ph_writer_free(b.desk.writer);
	b.desk.config.site = 140372;
	desk_start(&b.desk);
	be_admitted(&room, &a);
	be_admitted(&room, &b);
	fill(&a, &b);
	json_decref(must_ask("{\"command\":\"invite-record\",\"id\":\"" INVITE "\","
			     "\"about\":\"{\\\"site\\\":\\\"14-0371\\\",\\\"role\\\":1,"
			     "\\\"issued\\\":1,\\\"expires\\\":2}\"}"));
	json_decref(must_ask("{\"command\":\"report-issue\",\"report\":\"thang-11\","
			     "\"from\":\"2023-11-01\",\"to\":\"2023-11-30\"}"));
	name_all(&a, &b);
	ph_hub_close(room.hub);
	room.hub = NULL;
	member_close(&a);
	member_close(&b);
	fuzz_folder_copy(room.dir, made);
}

/* --- lines --- */

static void put_named(struct ph_buf *out, struct ph_view line)
{
	out->len = 0;
	for (size_t i = 0; i < line.len; i++) {
		bool is_name = line.data[i] == '$' && i + 1 < line.len;
		const char *text = is_name ? name_of((char)line.data[i + 1]) : NULL;

		must(text ? ph_buf_put_view(out, ph_view_str(text)) == 0
			  : ph_buf_put_u8(out, line.data[i]) == 0);
		i += text != NULL;
	}
}

static uint64_t written(void)
{
	return ph_writer_log(room.hub->writer)->n + ph_writer_log(room.hub->desk)->n;
}

/* A list of communes is taken one by one: those before the wrong one stay, as it says. */
static bool may_keep(const char *command)
{
	return strcmp(command, "commune-add") == 0;
}

static void look(const json_t *answer, const char *command, uint64_t before)
{
	const json_t *status = json_object_get(answer, "exit");
	const json_t *words = json_object_get(answer, "error");
	char *text = json_dumps(answer, JSON_COMPACT);

	must(text != NULL && json_is_integer(status));
	if (json_integer_value(status) != 0) {
		must(json_string_length(words) > 0);
		must(json_integer_value(status) != PH_EXIT_DAMAGED);
		must(written() == before || may_keep(command));
	} else {
		must(words == NULL);
	}
	must(!ph_db_in_transaction(room.hub->db) && !room.hub->stopped);
	free(text);
}

/* Take REQUEST as a line that was read; false: the connection ends. */
static bool give(json_t *request)
{
	const char *command = json_string_value(json_object_get(request, "command"));
	uint64_t before = written();
	bool is_one = json_is_object(request) && command != NULL;
	json_t *answer = is_one ? ph_hub_command(room.hub, request) : NULL;

	if (is_one) {
		must(answer != NULL);
		look(answer, command, before);
		json_decref(last);
		last = answer;
	}
	json_decref(request);
	return is_one;
}

static bool take(struct ph_view line)
{
	json_t *item = json_array_get(json_object_get(last, "entries"), 0);

	if (ph_view_equal(line, ph_view_str("$s")) && json_object_get(item, "sign")) {
		return give(signed_by(item, &room.operator_pair));
	}
	return line.len <= PH_LINE_MAX &&
	       give(json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES,
			       NULL));
}

static void give_all(struct ph_view input)
{
	struct ph_buf line = { 0 };
	bool goes_on = true;

	for (unsigned n = 0; goes_on && n < LINES_MAX && input.len > 0; n++) {
		const uint8_t *end = memchr(input.data, '\n', input.len);
		size_t len = end ? (size_t)(end - input.data) : input.len;

		put_named(&line, PH_VIEW(input.data, len));
		goes_on = take(ph_buf_view(&line));
		len += end != NULL;
		input = PH_VIEW(input.data + len, input.len - len);
	}
	ph_buf_deinit(&line);
	json_decref(last);
	last = NULL;
}

/* --- at the end --- */

static void digest(uint8_t out[static 32])
{
	struct ph_error err = { 0 };

	must(ph_ledger_catch_up(room.hub->ledger, NULL, &err) == 0);
	must(ph_ledger_digest(room.hub->ledger, out, &err) == 0);
}

static void judge(void)
{
	uint8_t before[32], after[32];
	uint64_t n = written();
	struct ph_error err = { 0 };

	digest(before);
	must(ph_ledger_rebuild(room.hub->ledger, &err) == 0);
	digest(after);
	must(memcmp(before, after, sizeof(before)) == 0);
	hub_restart(&room);
	must(written() == n);
	digest(after);
	must(memcmp(before, after, sizeof(before)) == 0);
	hub_verify(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t before;

	if (made[0] == '\0') {
		prepare();
	}
	ph_rng_seed(&room.state, 2, &room.rng);
	room.rng.data = &room.state;
	if (room.hub == NULL) {
		fuzz_folder_copy(made, room.dir);
		hub_start(&room);
	}
	before = fuzz_store_changes(room.hub->db);
	give_all(PH_VIEW(data, size));
	if (fuzz_store_changes(room.hub->db) != before) {
		judge();
		ph_hub_close(room.hub);
		room.hub = NULL;
	}
	return 0;
}
