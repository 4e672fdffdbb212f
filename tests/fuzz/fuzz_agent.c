/*
 * tests/fuzz/fuzz_agent.c - both ends of the agent's local socket, without a socket.
 *
 * Byte 0: even, what follows are lines to the agent, of a device that has joined and has a
 * title, a copy, a reader with a card, a loan and a worker. They are decoded as
 * client/agent_talk.c does, and carried out as client/work.c does, by packhorse's own
 * commands. "$v" in a line stands for the version that answers, "$t" for a title's
 * reference, and so on (names[]).
 *
 * An answer is a line of JSON and as many bytes as that says; what is refused has done
 * nothing, nor has one that says it was used wrongly; nothing finds the store damaged. Then
 * the journal verifies and the rebuilt ledger is the ledger. A site that an input left as
 * it was stays open for the next one.
 *
 * Odd, it is what a command hears from an agent: what it prints is what was said, if all of
 * it was. Byte 1 says how much comes at once.
 */
#include <jansson.h>
#include <unistd.h>

#include "client/agent_ask.h"
#include "client/borrow.h"
#include "client/carry.h"
#include "client/commands.h"
#include "common/base/limits.h"
#include "common/base/secret.h"
#include "common/cli/local.h"
#include "tests/unit/site_world.h"

#include "tests/fuzz/choices.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/site_whole.h"
#include "tests/fuzz/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_ph_local_connect(const char *dir);
int __wrap_ph_local_exchange(int fd, const char *line, size_t max, struct ph_buf *answer);
int __wrap_ph_local_read(int fd, size_t len, struct ph_buf *answer);

enum {
	LINES_MAX = 12,
	TEXT_MAX = 96,
};

static struct world *world;
static char made[96];
static const struct ph_cli_program program = { .name = "packhorse", .summary = "" };
static struct ph_view said; /* by an agent, and not heard yet */
static size_t at_once;

/*
 * What stands for what behind a "$": the version; title, reader, loan, worker; the log, the
 * device.
 */
static const char letters[] = "vtrnwld";
static char names[sizeof(letters) - 1][TEXT_MAX];

static char *name_of(char letter)
{
	const char *at = letter == '\0' ? NULL : strchr(letters, letter);

	return at ? names[at - letters] : NULL;
}

/* --- the other end, as common/cli/local.h says --- */

int __wrap_ph_local_connect(const char *dir)
{
	(void)dir;
	return dup(STDIN_FILENO);
}

static int hear(struct ph_buf *answer)
{
	size_t len = said.len < at_once ? said.len : at_once;
	int rc = len == 0 ? -EPIPE : ph_buf_put(answer, said.data, len);

	said = PH_VIEW(said.data + len, said.len - len);
	return rc;
}

int __wrap_ph_local_exchange(int fd, const char *line, size_t max, struct ph_buf *answer)
{
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	int rc = 0;

	must(fd >= 0 && json_is_object(request));
	json_decref(request);
	while (rc == 0 &&
	       (answer->len == 0 || memchr(answer->data, '\n', answer->len) == NULL)) {
		rc = answer->len > max ? -EMSGSIZE : hear(answer);
	}
	return rc;
}

int __wrap_ph_local_read(int fd, size_t len, struct ph_buf *answer)
{
	int rc = 0;

	must(fd >= 0);
	while (rc == 0 && answer->len < len) {
		rc = hear(answer);
	}
	return rc;
}

/* --- a device that has something --- */

int ph_command_open(const struct ph_cli *cli, struct ph_site **site_out,
		    struct ph_error *err)
{
	struct ph_host *host = cli->host;

	(void)err;
	must(host != NULL);
	*site_out = host->site;
	return 0;
}

static uint64_t held(void)
{
	return ph_site_log(world->site)->n;
}

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

/* The entry that TEXT shows; its reference becomes the name LETTER. */
static void write_entry(const char *text, char letter)
{
	struct ph_entry *entry = calloc(1, sizeof(*entry));
	struct ph_buf arena = { 0 }, named = { 0 };
	struct ph_error err = { 0 };
	struct ph_ref ref;
	json_t *object;

	must(entry != NULL);
	put_named(&named, ph_view_str(text));
	object = json_loadb((const char *)named.data, named.len, 0, NULL);
	must(object != NULL &&
	     ph_entry_from_json(object, NULL, entry, &arena, &err) == 0);
	must(ph_site_write(world->site, entry, 1, &ref, &err) == 0);
	if (letter != '\0') {
		ph_ref_text(name_of(letter), &ref);
	}
	ph_buf_deinit(&arena);
	ph_buf_deinit(&named);
	free(entry);
	json_decref(object);
}

static void fill(void)
{
	struct ph_site_info info;

	write_entry("{\"kind\":\"title-put\",\"name\":\"Vợ chồng A Phủ\"}", 't');
	write_entry("{\"kind\":\"reader-put\",\"name\":\"Lò Thị Xuân\",\"born\":1990}",
		    'r');
	write_entry("{\"kind\":\"copy-put\",\"copy\":{\"ns\":0,\"code\":\"000017\"},"
		    "\"title\":\"$t\"}",
		    '\0');
	write_entry("{\"kind\":\"copy-put\",\"copy\":{\"ns\":0,\"code\":\"000018\"},"
		    "\"title\":\"$t\"}",
		    '\0');
	write_entry("{\"kind\":\"card-issue\",\"card\":{\"ns\":140371,\"code\":\"K1\"},"
		    "\"reader\":\"$r\"}",
		    '\0');
	write_entry("{\"kind\":\"loan\",\"copy\":{\"ns\":0,\"code\":\"000017\"},"
		    "\"card\":{\"ns\":140371,\"code\":\"K1\"},\"term\":14}",
		    'n');
	write_entry("{\"kind\":\"worker-put\",\"name\":\"Vàng A Páo\"}", 'w');
	ph_hex(name_of('l'), ph_site_log(world->site)->id, PH_LOG_ID_SIZE);
	ph_site_info(world->site, &info);
	ph_hex(name_of('d'), info.device_id, sizeof(info.device_id));
	snprintf(name_of('v'), TEXT_MAX, "%s", ph_cli_version());
}

static void prepare(void)
{
	void *state = NULL;

	must(ph_crypto_start() == 0);
	world_setup(&state);
	world = state;
	fuzz_folder_make();
	must(rmdir(world->base) == 0);
	snprintf(world->dir, sizeof(world->dir), "%s/site", fuzz_folder);
	must(world_join(world, NULL) == 0 && world_open(world, NULL) == 0);
	fill();
	ph_site_close(world->site);
	world->site = NULL;
	snprintf(made, sizeof(made), "%s/made", fuzz_folder);
	fuzz_folder_copy(world->dir, made);
}

/* --- the agent --- */

static void turn_take(void *data)
{
	(void)data;
}

static bool turn_has(void *data)
{
	(void)data;
	return true;
}

static const struct ph_site_turn turn = { turn_take, turn_take, turn_has, NULL };

static void open_site(void)
{
	fuzz_folder_copy(made, world->dir);
	must(world_open(world, NULL) == 0);
	ph_site_keep(world->site, &turn);
}

static void close_site(void)
{
	ph_site_keep(world->site, NULL);
	ph_site_close(world->site);
	world->site = NULL;
}

static size_t number(const json_t *head, const char *name)
{
	const json_t *value = json_object_get(head, name);

	must(json_is_integer(value) && json_integer_value(value) >= 0);
	return (size_t)json_integer_value(value);
}

/* What is said by --json is JSON, one value or one a line. */
static void look_json(const char *text, size_t len)
{
	while (len > 0) {
		json_error_t error;
		json_t *value = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &error);

		must(value != NULL);
		json_decref(value);
		text += error.position;
		len -= (size_t)error.position;
		while (len > 0 && (*text == '\n' || *text == ' ')) {
			text++;
			len--;
		}
	}
}

static void look(const struct ph_buf *answer, const json_t *request, int status,
		 bool is_same)
{
	const uint8_t *end = memchr(answer->data, '\n', answer->len);
	size_t head_len = end ? (size_t)(end - answer->data) : 0;
	json_t *head = json_loadb((const char *)answer->data, head_len,
				  JSON_REJECT_DUPLICATES, NULL);

	must(json_is_object(head));
	if (status < 0) {
		must(number(head, "exit") == PH_EXIT_USAGE && is_same);
		must(json_is_true(json_object_get(head, "again")));
		must(answer->len == head_len + 1);
	} else {
		size_t out = number(head, "out"), err = number(head, "err");

		must(number(head, "exit") == (size_t)status);
		must(answer->len == head_len + 1 + out + err);
		must(status == PH_EXIT_DONE || status == PH_EXIT_CASES || err > 0);
		must(status != PH_EXIT_DAMAGED && status < 128);
		must(status != PH_EXIT_USAGE || is_same);
		if (json_is_true(json_object_get(request, "json")) && status == 0) {
			look_json((const char *)end + 1, out);
		}
	}
	json_decref(head);
}

static void carry(json_t *request)
{
	struct ph_cli_program with = program;
	struct ph_host host = { .site = world->site };
	struct ph_buf answer = { 0 };
	struct ph_error err = { 0 };
	uint64_t before = held();
	int status = -2;

	with.commands = ph_commands();
	must(ph_site_resume(world->site, &err) == 0);
	must(ph_carry(&with, request, &host, &answer, &status) == 0);
	if (status > 0) {
		ph_site_put_away(world->site);
		must(ph_site_resume(world->site, &err) == 0);
	}
	look(&answer, request, status, held() == before);
	ph_site_pause(world->site);
	ph_buf_deinit(&answer);
}

static void take(struct ph_view line)
{
	struct ph_agent_ask ask;
	int rc = ph_agent_ask_decode(line, &ask);

	must(rc == 0 || rc == PH_AGENT_ASK_E_FORM);
	if (rc != 0) {
		return;
	}
	must(ask.wait_ms <= PH_AGENT_WAIT_MS);
	must(ask.is_loan || ask.wait_ms == PH_COMMAND_WAIT_MS);
	if (!ask.is_loan) {
		carry(ask.request);
	}
	ph_secret_free(ask.desk);
	json_decref(ask.request);
}

static void take_all(struct ph_view input)
{
	struct ph_buf line = { 0 };

	for (unsigned n = 0; n < LINES_MAX && input.len > 0; n++) {
		const uint8_t *end = memchr(input.data, '\n', input.len);
		size_t len = end ? (size_t)(end - input.data) : input.len;

		put_named(&line, PH_VIEW(input.data, len));
		take(ph_buf_view(&line));
		len += end != NULL;
		input = PH_VIEW(input.data + len, input.len - len);
	}
	ph_buf_deinit(&line);
}

static void be_agent(struct ph_view input)
{
	struct ph_db *db;
	int64_t before;

	if (world->site == NULL) {
		open_site();
	}
	db = ph_journal_db(ph_site_journal(world->site));
	before = fuzz_store_changes(db);
	take_all(input);
	if (ph_journal_db(ph_site_journal(world->site)) == db &&
	    fuzz_store_changes(db) == before) {
		return;
	}
	site_is_whole(world->site);
	close_site();
}

/* --- a command --- */

/* What FD's owner printed and what the answer says are the same, if that is whole. */
static void look_printed(struct ph_view input, int status, const char *out,
			 size_t out_len)
{
	const uint8_t *end = memchr(input.data, '\n', input.len);
	size_t head_len = end ? (size_t)(end - input.data) : input.len;
	json_t *head = json_loadb((const char *)input.data, head_len,
				  JSON_REJECT_DUPLICATES, NULL);
	json_int_t n = json_integer_value(json_object_get(head, "out"));

	must(out_len == 0 || (end != NULL && (json_int_t)out_len == n &&
			      memcmp(out, end + 1, out_len) == 0));
	must(status == PH_EXIT_OTHER ||
	     status == json_integer_value(json_object_get(head, "exit")));
	json_decref(head);
}

static void be_command(struct ph_view input)
{
	static char word[] = "000017", *words[] = { word };
	const struct ph_cli cli = { .program = &program,
				    .command = &ph_cmd_return,
				    .dir = "d",
				    .args = words,
				    .n_args = 1 };
	const struct ph_site_config config = { .dir = "d", .who = "join", .wait_ms = 5 };
	FILE *old_out = stdout, *old_err = stderr;
	char *out = NULL, *err = NULL;
	size_t out_len = 0, err_len = 0;
	struct ph_error why = { 0 };
	struct ph_loan loan = { .fd = -2 };
	int status = -2;
	bool done;

	said = input;
	stdout = open_memstream(&out, &out_len);
	stderr = open_memstream(&err, &err_len);
	must(stdout != NULL && stderr != NULL);
	done = ph_borrow_hands(&cli, &status);
	must(fclose(stdout) == 0 && fclose(stderr) == 0);
	stdout = old_out;
	stderr = old_err;
	must(done == (status >= 0) && status < 256);
	if (done) {
		look_printed(input, status, out, out_len);
	} else {
		must(out_len == 0 && err_len == 0);
	}
	free(out);
	free(err);
	said = input;
	if (ph_borrow(&loan, &config, &why) < 0) {
		must(loan.fd == -1 && loan.desk == NULL && why.text[0] != '\0' &&
		     why.exit != PH_EXIT_DONE);
	} else if (loan.fd >= 0) {
		close(loan.fd);
		ph_secret_free(loan.desk);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (world == NULL) {
		prepare();
	}
	if (size < 3) {
		return 0;
	}
	if (data[0] % 2 == 0) {
		be_agent(PH_VIEW(data + 1, size - 1));
	} else {
		at_once = 1 + data[1];
		be_command(PH_VIEW(data + 2, size - 2));
	}
	return 0;
}
