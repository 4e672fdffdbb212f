/* client/sync_courier.c - exchanges with couriers, said in words and as JSON. */
#include "client/sync_courier.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/budget.h"
#include "client/courier_meet.h"
#include "common/cli/out.h"

void ph_sync_say_left(uint64_t left)
{
	char number[PH_NUMBER_TEXT];

	if (left > 0) {
		printf(ph_say_n(
			       left,
			       "%s item does not go on from what is here, and was not "
			       "kept: what this device sends next asks for what lacks.\n",
			       "%s items do not go on from what is here, and were not "
			       "kept: what this device sends next asks for what lacks.\n",
			       "%s mục không nối tiếp dữ liệu ở máy này nên không giữ: "
			       "lần "
			       "gửi tới của máy này sẽ hỏi phần còn thiếu.\n"),
		       ph_number(number, left));
	}
}

/* ---- a site ---- */

static int print_met(const struct ph_cli *cli, const struct ph_courier_met *met,
		     uint64_t pending)
{
	const struct ph_site_courier_told *told = &met->told;
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char number[PH_NUMBER_TEXT];
	json_t *courier = json_null();

	if (cli->json || cli->plain) {
		if (told->is_met) {
			ph_hex(device, told->peer.device, sizeof(told->peer.device));
			courier = json_pack("{s:s, s:s, s:s}", "device", device, "site",
					    told->peer.site, "name", told->peer.name);
		}
		return ph_out_script(
			cli->json,
			json_pack(
				"{s:i, s:b, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
				"s:I, s:I, s:I, s:I, s:I}",
				"schema", 1, "complete", (int)(met->reason[0] == '\0'),
				"reason", met->reason, "courier", courier, "packed",
				(json_int_t)told->packed, "given",
				(json_int_t)told->given, "taken", (json_int_t)told->taken,
				"refused", (json_int_t)told->refused, "receipts",
				(json_int_t)told->receipts, "entries_received",
				(json_int_t)told->entries_received, "entries_of_site",
				(json_int_t)told->entries_of_site, "parts_received",
				(json_int_t)told->parts_received, "pages",
				(json_int_t)told->pages, "left", (json_int_t)told->left,
				"bytes",
				(json_int_t)(met->result.counts.bytes_in +
					     met->result.counts.bytes_out),
				"pending_entries", (json_int_t)pending));
	}
	json_decref(courier);
	if (!told->is_met) {
		return 0;
	}
	printf(ph_say("Courier %s (%s): handed over %" PRIu64 " %s, took %" PRIu64
		      " with %" PRIu64 " %s.\n",
		      "Máy chuyển tin %s (%s): đã giao %" PRIu64 " %s, nhận %" PRIu64
		      " gói với %" PRIu64 " %s.\n"),
	       told->peer.name, told->peer.site, told->given,
	       ph_say_n(told->given, "bundle", "bundles", "gói"), told->taken,
	       told->receipts,
	       ph_say_n(told->receipts, "receipt", "receipts", "biên nhận"));
	ph_sync_say_left(told->left);
	printf(ph_say_n(pending,
			"Without a receipt of the hub: %s transaction. It stays here "
			"until the receipt is home.\n",
			"Without a receipt of the hub: %s transactions. They stay here "
			"until it is home.\n",
			"Chưa có biên nhận của tỉnh: %s giao dịch. Dữ liệu vẫn còn trên "
			"máy "
			"này cho tới khi có.\n"),
	       ph_number(number, pending));
	return 0;
}

int ph_sync_meet(struct ph_cli *cli, struct ph_site *site, const char *address,
		 unsigned connect_ms, struct ph_error *err)
{
	struct ph_courier_met met;
	struct ph_site_state state;
	int printed;
	int rc = ph_courier_meet(site, cli->dir, address, connect_ms, NULL, &met, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_site_state(site, &state);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	printed = print_met(cli, &met, state.entries - state.receipted);
	if (printed == 0 && met.reason[0]) {
		return -ECONNABORTED; /* ERR says what came of it */
	}
	if (printed == 0 && state.standing == PH_SITE_CUT_OFF) {
		return ph_link_cut_off(err);
	}
	return printed;
}

/* ---- a courier at base ---- */

static void on_progress(void *data, const struct ph_van_visit *visit,
			const struct ph_session_counts *counts)
{
	char up[PH_NUMBER_TEXT];
	char down[PH_NUMBER_TEXT];

	(void)data;
	fprintf(stderr,
		ph_say("\r%" PRIu64 " of %" PRIu64 " bundles handed over, %" PRIu64
		       " taken; %s bytes up, %s down ",
		       "\rđã giao %" PRIu64 "/%" PRIu64 " gói, nhận %" PRIu64
		       "; gửi %s byte, nhận %s "),
		visit->told.given, visit->to_give, visit->told.taken,
		ph_number(up, counts->bytes_out), ph_number(down, counts->bytes_in));
}

static json_t *base_json(const struct ph_courier_base *base)
{
	const struct ph_van_told *told = &base->told;

	return json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "complete",
			 (int)(base->reason[0] == '\0'), "reason", base->reason,
			 "carried", (json_int_t)base->to_give, "given",
			 (json_int_t)told->given, "taken", (json_int_t)told->taken,
			 "refused", (json_int_t)told->refused, "waiting",
			 (json_int_t)told->waiting, "damaged", (json_int_t)told->damaged,
			 "bytes_given", (json_int_t)told->bytes_given, "bytes_taken",
			 (json_int_t)told->bytes_taken);
}

static void print_base(const struct ph_courier_base *base)
{
	const struct ph_van_told *told = &base->told;
	char number[2][PH_NUMBER_TEXT];

	printf(ph_say_n(told->given,
			"Handed over %" PRIu64
			" bundle of sites (%s bytes), took %" PRIu64
			" along for sites (%s bytes).\n",
			"Handed over %" PRIu64
			" bundles of sites (%s bytes), took %" PRIu64
			" along for sites (%s bytes).\n",
			"Đã giao %" PRIu64 " gói của các điểm (%s byte), nhận %" PRIu64
			" gói mang tới các điểm (%s byte).\n"),
	       told->given, ph_number(number[0], told->bytes_given), told->taken,
	       ph_number(number[1], told->bytes_taken));
	if (told->refused > 0) {
		printf(ph_say_n(told->refused,
				"%" PRIu64
				" bundle was refused, and is carried no more.\n",
				"%" PRIu64
				" bundles were refused, and are carried no more.\n",
				"%" PRIu64 " gói bị từ chối, không mang nữa.\n"),
		       told->refused);
	}
	if (told->waiting > 0) {
		printf(ph_say_n(told->waiting,
				"%" PRIu64 " bundle waits for another time.\n",
				"%" PRIu64 " bundles wait for another time.\n",
				"%" PRIu64 " gói chờ lần sau.\n"),
		       told->waiting);
	}
}

struct spending {
	struct ph_site *site; /* paused */
	struct ph_error *err;
};

static int on_spend(void *data, uint64_t bytes)
{
	struct spending *spending = data;
	int rc = ph_site_resume(spending->site, spending->err);

	if (rc == 0) {
		rc = ph_site_spend_apart(spending->site, bytes, spending->err);
		ph_site_pause(spending->site);
	}
	return rc;
}

/* SITE is paused meanwhile: a desk in the van goes on. */
static int call_hub(struct ph_site *site, struct ph_van *van,
		    const struct ph_courier_base_config *config,
		    struct ph_courier_base *base, struct ph_error *err)
{
	int opened;
	int rc;

	ph_site_pause(site);
	rc = ph_courier_base(van, config, base, err);
	if (config->progress) {
		fputs("\r\033[K", stderr);
	}
	opened = ph_site_resume(site, err);
	return rc < 0 ? rc : opened;
}

static int at_hub(struct ph_cli *cli, struct ph_van *van, struct ph_site *site,
		  const struct ph_link_config *link, struct ph_courier_base *base,
		  struct ph_error *err)
{
	struct spending spending = { .site = site, .err = err };
	struct ph_courier_base_config config = { .address = link->address,
						 .connect_ms = link->connect_ms,
						 .spend = on_spend,
						 .data = &spending };
	bool is_watched = ph_is_terminal(stderr) && !cli->json;
	uint8_t hub[PH_DEVICE_ID_SIZE];
	uint8_t box[PH_KEY_SIZE]; /* what is read of the folder does not stay */
	uint64_t left;
	int noted;
	int rc = ph_site_spend_open(site, link->road, link->over_budget, &left, err);

	if (rc == PH_BUDGET_E_SPENT) {
		ph_courier_base_poor(base, err);
		return 0;
	}
	if (rc < 0) {
		return rc;
	}
	ph_device_id(hub, ph_site_keylist(site)->hub[0].sign);
	config.hub = hub;
	memcpy(box, ph_site_hub_box(site), sizeof(box));
	config.hub_box = box;
	config.budget = left == PH_BUDGET_NONE ? 0 : left;
	config.progress = is_watched ? on_progress : NULL;
	rc = call_hub(site, van, &config, base, err);
	if (!ph_site_is_open(site)) {
		return rc;
	}
	noted = ph_site_spend_note(site, base->result.counts.bytes_out,
				   base->result.counts.bytes_in, true,
				   rc < 0 ? NULL : err);
	return rc < 0 ? rc : noted;
}

int ph_sync_base(struct ph_cli *cli, struct ph_site *site,
		 const struct ph_link_config *link, json_t **out, struct ph_error *err)
{
	struct ph_courier_base base = { .reason = "store" };
	struct ph_van van;
	int rc = ph_van_open(&van, site, cli->dir, ph_clock_system, err);

	if (rc < 0) {
		return rc;
	}
	rc = at_hub(cli, &van, site, link, &base, err);
	ph_van_close(&van);
	if (rc < 0) {
		return rc;
	}
	*out = base_json(&base);
	if (!cli->json && !cli->plain) {
		print_base(&base);
	}
	return base.reason[0] ? -ECONNABORTED : 0; /* ERR says what came of it */
}
