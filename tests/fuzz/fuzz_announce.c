/*
 * tests/fuzz/fuzz_announce.c - any bytes as what avahi-browse tells of couriers on the LAN.
 *
 * Anybody there may announce what they like. The bytes are lines up to a zero or their end, read as
 * ph_announce_find() reads them. What is found is at most so many, none twice, each an address and a
 * port and nothing else; and what stands in the lines by a second reading, and no other.
 */
#include "client/announce.h"

#include <ctype.h>
#include <stdio.h>

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text of one member; long ones stand for themselves, as none is taken. */
struct member {
	char text[PH_FOUND_TEXT + 1];
	bool fits;
};

/* LINE parted at each semicolon, one byte after the other. How many members there are, up to MOST. */
static unsigned part(const char *line, struct member *members, unsigned most)
{
	unsigned n = 0;
	size_t len = 0;

	memset(members, 0, most * sizeof(*members));
	members[0].fits = true;
	for (; *line && *line != '\n'; line++) {
		if (*line == ';') {
			if (++n == most) {
				return most;
			}
			members[n].fits = true;
			len = 0;
		} else if (len < PH_FOUND_TEXT) {
			members[n].text[len++] = *line;
		} else {
			members[n].fits = false;
		}
	}
	return n + 1;
}

static bool has_only(const struct member *member, const char *chars, size_t most)
{
	size_t len = strlen(member->text);

	for (size_t i = 0; i < len; i++) {
		if (!strchr(chars, member->text[i])) {
			return false;
		}
	}
	return member->fits && len > 0 && len <= most;
}

/* What LINE names into TEXT, of SIZE; empty: nothing. */
static void slowly(const char *line, char *text, size_t size)
{
	struct member members[9];
	const char *address = members[7].text;
	bool is_six, is_local;

	text[0] = '\0';
	if (line[0] != '=' || part(line, members, 9) < 9 || !members[1].fits ||
	    !members[1].text[0] || strlen(members[1].text) > 31 ||
	    !has_only(&members[7], "0123456789abcdefABCDEF:.", 63) ||
	    !has_only(&members[8], "0123456789", 7)) {
		return;
	}
	is_six = strchr(address, ':') != NULL;
	is_local = tolower(address[0]) == 'f' && tolower(address[1]) == 'e' &&
		   address[2] == '8' && address[3] == '0' && address[4] == ':';
	snprintf(text, size, "%s%s%s%s%s:%s", is_six ? "[" : "", address,
		 is_local ? "%" : "", is_local ? members[1].text : "", is_six ? "]" : "",
		 members[8].text);
}

static bool is_known(const struct ph_found *found, const char *text)
{
	for (unsigned i = 0; i < found->n; i++) {
		if (strcmp(found->address[i], text) == 0) {
			return true;
		}
	}
	return false;
}

static void check_line(struct ph_found *found, const char *line)
{
	const struct ph_found before = *found;
	char text[4 * PH_FOUND_TEXT];

	slowly(line, text, sizeof(text));
	ph_announce_line(found, line);
	if (!text[0] || before.n == PH_FOUND_MAX || is_known(&before, text)) {
		must(memcmp(found, &before, sizeof(before)) == 0);
		return;
	}
	must(found->n == before.n + 1 && strcmp(found->address[before.n], text) == 0);
	must(memcmp(found->address, before.address,
		    before.n * sizeof(before.address[0])) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *lines = malloc(size + 1);
	struct ph_found found = { 0 };
	char *at = lines;

	must(lines != NULL);
	if (size > 0) {
		memcpy(lines, data, size);
	}
	lines[size] = '\0';
	while (at && *at) {
		char *end = strchr(at, '\n');

		check_line(&found, at);
		at = end ? end + 1 : NULL;
	}
	free(lines);
	return 0;
}
