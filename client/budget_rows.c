/* client/budget_rows.c - the account of the roads, for people and for scripts. */
#include "client/budget_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"

const char *ph_bytes_text(char out[static PH_NUMBER_TEXT], uint64_t bytes)
{
	static const struct {
		uint64_t size;
		const char *name;
	} units[] = { { 1000000000, "GB" }, { 1000000, "MB" }, { 1000, "kB" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (bytes >= units[i].size) {
			snprintf(out, PH_NUMBER_TEXT, "%" PRIu64 "%s%" PRIu64 " %s",
				 bytes / units[i].size, ph_say(".", ","),
				 bytes % units[i].size / (units[i].size / 10),
				 units[i].name);
			return out;
		}
	}
	snprintf(out, PH_NUMBER_TEXT, "%" PRIu64 " byte", bytes);
	return out;
}

/*
 * The part of a UNIT behind the point, *LEN_OUT bytes of TEXT: one digit or two. Of three some
 * mean thousands.
 */
static uint64_t read_part(const char *text, uint64_t unit, size_t *len_out)
{
	size_t digits =
		text[0] == '.' || text[0] == ',' ? strspn(text + 1, "0123456789") : 0;
	uint64_t part = 0;

	for (size_t i = 0; i < digits; i++) {
		unit /= 10;
		part += unit * (uint64_t)(text[i + 1] - '0');
	}
	*len_out = digits > 0 && digits <= 2 && unit > 0 ? digits + 1 : 0;
	return part;
}

int ph_bytes_parse(const char *text, uint64_t *out, struct ph_error *err)
{
	static const struct {
		const char *name;
		uint64_t size;
	} units[] = {
		{ "", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }
	};
	size_t digits = strspn(text, "0123456789");
	uint64_t number = digits > 0 && digits <= 12 ? strtoull(text, NULL, 10) : 0;

	for (size_t i = 0;
	     digits > 0 && digits <= 12 && i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len;
		uint64_t part = read_part(text + digits, units[i].size, &len);
		const char *name = text + digits + len;

		/* as `budget` prints it, too: "2.9 MB" */
		name += units[i].size > 1 && name[0] == ' ';
		if (strcmp(name, units[i].name) == 0 &&
		    number <= PH_BUDGET_MAX / units[i].size &&
		    number * units[i].size + part <= PH_BUDGET_MAX) {
			*out = number * units[i].size + part;
			return 0;
		}
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("\"%s\" is no size: bytes, or a number with kB, MB or GB "
			      "behind it (2.9MB), at most 1000GB; or none",
			      "“%s” không phải là dung lượng: số byte, hoặc số kèm kB, "
			      "MB hay GB (2.9MB), nhiều nhất 1000GB; hoặc none"),
		       text);
}

static json_t *number_or_null(uint64_t number)
{
	return number == PH_BUDGET_NONE ? json_null() : json_integer((json_int_t)number);
}

json_t *ph_budget_json(const struct ph_budget *budget)
{
	json_t *spent = json_object();

	for (int road = 0; road < PH_SPEND_ROADS; road++) {
		const struct ph_spent *line = &budget->spent[road];

		json_object_set_new(spent, ph_spend_road_name(road),
				    json_pack("{s:I, s:I, s:I}", "up",
					      (json_int_t)line->up, "down",
					      (json_int_t)line->down, "unsure",
					      (json_int_t)line->unsure));
	}
	return json_pack("{s:s, s:b, s:b, s:o, s:o, s:o}", "month", budget->month,
			 "confirmed", (int)budget->is_sure, "clock_behind",
			 (int)(budget->stuck_at != 0), "budget",
			 number_or_null(budget->bytes), "left",
			 number_or_null(budget->left), "spent", spent);
}

static const char *road_words(enum ph_spend_road road)
{
	switch (road) {
	case PH_SPEND_NETWORK:
		return ph_say("Network this month", "Mạng tháng này");
	case PH_SPEND_LAN:
		return ph_say("By LAN this month", "Mạng nội bộ tháng này");
	case PH_SPEND_COURIER:
		return ph_say("By courier this month", "Xe chuyển tháng này");
	default:
		return ph_say("By stick this month", "Thẻ USB tháng này");
	}
}

static void spent_row(const struct ph_budget *budget, enum ph_spend_road road,
		      struct ph_table *table)
{
	const struct ph_spent *spent = &budget->spent[road];
	uint64_t bytes = spent->up + spent->down + spent->unsure;
	bool is_bounded = road == PH_SPEND_NETWORK && budget->bytes != PH_BUDGET_NONE;
	char number[3][PH_NUMBER_TEXT];

	if (bytes == 0 && !is_bounded) {
		return;
	}
	ph_table_cell(table, road_words(road));
	if (is_bounded) {
		ph_table_cellf(table, ph_say("%s of %s, %s left", "%s trên %s, còn %s"),
			       ph_bytes_text(number[0], bytes),
			       ph_bytes_text(number[1], budget->bytes),
			       ph_bytes_text(number[2], budget->left));
	} else {
		ph_table_cell(table, ph_bytes_text(number[0], bytes));
	}
}

void ph_budget_rows(const struct ph_budget *budget, struct ph_table *table)
{
	for (int road = 0; road < PH_SPEND_ROADS; road++) {
		spent_row(budget, road, table);
	}
	if (budget->stuck_at != 0) {
		char day[PH_TIME_TEXT];

		ph_day_text(day, ph_day_of(budget->stuck_at));
		ph_table_cell(table, ph_say("New month", "Tháng mới"));
		ph_table_cellf(table,
			       ph_say("none by this machine's clock, which is behind %s: "
				      "set it, then sync",
				      "không có theo đồng hồ máy này, vì chậm hơn ngày "
				      "%s: hãy chỉnh rồi gửi lại"),
			       day);
	}
	if (budget->is_asking) {
		ph_table_cell(table, ph_say("New month", "Tháng mới"));
		ph_table_cell(
			table,
			ph_say("by this machine's clock alone: the next session asks "
			       "the hub, and is short",
			       "mới chỉ theo đồng hồ máy này: lần gửi tới sẽ hỏi "
			       "máy chủ, nên chỉ gửi ít"));
	}
}
