/*
 * common/log/json_refs.c - "@K" in a line of `record`: the entry that line K wrote.
 *
 * Only members that hold references by the kind table are looked at, so a text that
 * begins with an @ stays what it is. `seen` is told by references only.
 */
#include "common/log/json_refs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/say.h"

static bool is_line(const json_t *value)
{
	return json_is_string(value) && json_string_value(value)[0] == '@';
}

/* "@K" without a sign, leading zeros or anything behind it. */
static bool parse(const char *text, uint64_t *line)
{
	size_t digits = strspn(text + 1, "0123456789");

	if (digits == 0 || digits > 18 || text[1] == '0' || text[1 + digits] != '\0') {
		return false;
	}
	*line = strtoull(text + 1, NULL, 10);
	return true;
}

static int find(const struct ph_json_lines *lines, const char *member,
		const json_t *value, json_t **out, struct ph_error *err)
{
	const char *text = json_string_value(value);
	char ref[PH_REF_TEXT];
	struct ph_ref found;
	uint64_t line;

	if (!parse(text, &line) || !lines->find(lines->data, line, &found)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("%s: %.40s is not a line before this one that "
				      "wrote an entry",
				      "%s: %.40s không phải là dòng phía trước đã ghi "
				      "giao dịch"),
			       member, text);
	}
	ph_ref_text(ref, &found);
	*out = json_string(ref);
	return *out ? 0 : -ENOMEM;
}

static int replace_one(json_t *object, const char *member,
		       const struct ph_json_lines *lines, struct ph_error *err)
{
	const json_t *value = json_object_get(object, member);
	json_t *ref = NULL;
	int rc;

	if (!is_line(value)) {
		return 0;
	}
	rc = find(lines, member, value, &ref, err);
	return rc == 0 && json_object_set_new(object, member, ref) ? -ENOMEM : rc;
}

static int replace_items(json_t *list, const char *member,
			 const struct ph_json_lines *lines, struct ph_error *err)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_array_get(list, i);
		char name[64];
		json_t *ref = NULL;
		int rc;

		if (!is_line(value)) {
			continue;
		}
		snprintf(name, sizeof(name), "%s[%zu]", member, i);
		rc = find(lines, name, value, &ref, err);
		if (rc == 0 && json_array_set_new(list, i, ref)) {
			rc = -ENOMEM;
		}
		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

int ph_json_refs(json_t *object, const struct ph_kind *kind,
		 const struct ph_json_lines *lines, struct ph_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && kind && i < kind->n_fields; i++) {
		const char *member = kind->fields[i].name;

		if (kind->fields[i].type == PH_T_REF) {
			rc = replace_one(object, member, lines, err);
		} else if (kind->fields[i].type == PH_T_REFS) {
			rc = replace_items(json_object_get(object, member), member, lines,
					   err);
		}
	}
	return rc;
}
