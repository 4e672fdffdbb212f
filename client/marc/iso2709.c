/*
 * client/marc/iso2709.c - records in a file of ISO 2709.
 *
 * A record is taken by the length in its leader if a 1D stands there, else up to the
 * first 1D: programs that count characters instead of bytes are common. Then leader and
 * directory are checked against the bytes before libyaz sees them, since it mends
 * silently what we want to tell a person about: where, which field, why.
 *
 * After what is no record at all, reading goes on behind the next 1D.
 */
#include "client/marc/iso2709.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "client/marc/record.h"
#include "common/base/say.h"

#define RECORD_END 0x1d
#define FIELD_END  0x1e
#define ENTRY      12
#define SHORTEST   26 /* leader, end of an empty directory, end of record */

/* A number of LEN digits; false if they are not all digits. */
static bool number(const uint8_t *digits, size_t len, size_t *out)
{
	size_t value = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit(digits[i])) {
			return false;
		}
		value = value * 10 + (size_t)(digits[i] - '0');
	}
	*out = value;
	return true;
}

static bool is_between(uint8_t c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\0' || c == 0x1a;
}

static int skip_between(struct ph_marc_input *input, struct ph_view *ahead)
{
	int rc = ph_marc_input_peek(input, PH_ISO2709_MAX, ahead);

	while (rc == 0 && ahead->len > 0 && is_between(ahead->data[0])) {
		size_t n = 1;

		while (n < ahead->len && is_between(ahead->data[n])) {
			n++;
		}
		ph_marc_input_skip(input, n);
		rc = ph_marc_input_peek(input, PH_ISO2709_MAX, ahead);
	}
	return rc;
}

/* Past the next 1D, however far it is. */
static int skip_record(struct ph_marc_input *input)
{
	struct ph_view ahead;
	int rc;

	while ((rc = ph_marc_input_peek(input, PH_ISO2709_MAX, &ahead)) == 0 &&
	       ahead.len > 0) {
		const uint8_t *end = memchr(ahead.data, RECORD_END, ahead.len);

		ph_marc_input_skip(input,
				   end ? (size_t)(end - ahead.data) + 1 : ahead.len);
		if (end) {
			break;
		}
	}
	return rc;
}

int ph_iso2709_next(struct ph_marc_input *input, struct ph_view *record_out,
		    uint64_t *offset_out, struct ph_error *err)
{
	struct ph_view ahead;
	const uint8_t *end;
	size_t len = 0;
	int rc = skip_between(input, &ahead);

	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("reading the file", "đọc tệp"));
	}
	*offset_out = input->offset;
	if (ahead.len == 0) {
		return PH_MARC_E_END;
	}
	if (ahead.len < 5 || !number(ahead.data, 5, &len) || len < SHORTEST ||
	    len > ahead.len || ahead.data[len - 1] != RECORD_END) {
		size_t near = ahead.len < PH_ISO2709_MAX ? ahead.len : PH_ISO2709_MAX;

		end = memchr(ahead.data, RECORD_END, near);
		if (!end) {
			bool rest = ahead.len < PH_ISO2709_MAX;

			rc = skip_record(input);
			return rc < 0 ? ph_fail_errno(
						err, rc,
						ph_say("reading the file", "đọc tệp"))
				      : ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
						rest ? ph_say("the file ends within a "
							      "record",
							      "tệp hết giữa một biểu ghi")
						     : ph_say("no record ends within "
							      "99,999 bytes",
							      "trong 99.999 byte không "
							      "có chỗ kết thúc biểu "
							      "ghi"));
		}
		len = (size_t)(end - ahead.data) + 1;
	}
	*record_out = PH_VIEW(ahead.data, len);
	ph_marc_input_skip(input, len);
	return 0;
}

static int check_field(struct ph_view record, size_t base, const uint8_t *entry, size_t i,
		       struct ph_error *err)
{
	size_t len, start;

	if (!isalnum(entry[0]) || !isalnum(entry[1]) || !isalnum(entry[2])) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("directory entry %zu has no tag",
				      "mục %zu của thư mục biểu ghi không có nhãn"),
			       i + 1);
	}
	if (!number(entry + 3, 4, &len) || !number(entry + 7, 5, &start)) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("directory entry %zu (field %.3s): length and "
				      "start are not digits",
				      "mục %zu của thư mục biểu ghi (trường %.3s): độ "
				      "dài và vị trí không phải là chữ số"),
			       i + 1, (const char *)entry);
	}
	if (len == 0 || base + start + len > record.len - 1) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("directory entry %zu (field %.3s) points beyond "
				      "the record",
				      "mục %zu của thư mục biểu ghi (trường %.3s) chỉ ra "
				      "ngoài biểu ghi"),
			       i + 1, (const char *)entry);
	}
	if (record.data[base + start + len - 1] != FIELD_END) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("directory entry %zu (field %.3s) points to where "
				      "no field ends",
				      "mục %zu của thư mục biểu ghi (trường %.3s) chỉ "
				      "tới chỗ không kết thúc trường"),
			       i + 1, (const char *)entry);
	}
	return 0;
}

int ph_iso2709_check(struct ph_view record, struct ph_error *err)
{
	size_t base;
	int rc = 0;

	if (record.len < SHORTEST) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("%zu bytes are too few for a record",
				      "%zu byte là quá ít cho một biểu ghi"),
			       record.len);
	}
	if (memchr(record.data, '\0', record.len)) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("it contains a byte of 0", "có byte 0"));
	}
	if (!number(record.data + 12, 5, &base) || base <= PH_MARC_LEADER ||
	    base > record.len - 1 || record.data[base - 1] != FIELD_END) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("the leader does not say where the fields begin",
				      "phần đầu không nói các trường bắt đầu ở đâu"));
	}
	if ((base - 1 - PH_MARC_LEADER) % ENTRY != 0) {
		return ph_fail(err, PH_EXIT_OTHER, PH_MARC_E_BAD,
			       ph_say("the directory is not made of entries of 12 bytes",
				      "thư mục biểu ghi không gồm các mục 12 byte"));
	}
	for (size_t i = 0; rc == 0 && i < (base - 1 - PH_MARC_LEADER) / ENTRY; i++) {
		rc = check_field(record, base, record.data + PH_MARC_LEADER + i * ENTRY,
				 i, err);
	}
	return rc;
}

bool ph_iso2709_mend(struct ph_buf *record)
{
	char length[24];
	bool wrong;

	snprintf(length, sizeof(length), "%05zu", record->len);
	wrong = memcmp(record->data, length, 5) != 0 ||
		memcmp(record->data + 10, "22", 2) != 0 ||
		memcmp(record->data + 20, "45", 2) != 0;
	memcpy(record->data, length, 5);
	memcpy(record->data + 10, "22", 2);
	memcpy(record->data + 20, "4500", 4);
	return wrong;
}
