/* common/cli/value_words.h - the values of enums and languages in reports, for people. */
#ifndef PH_CLI_VALUE_WORDS_H
#define PH_CLI_VALUE_WORDS_H

/*
 * VALUE of the column of a report that is called COLUMN (docs/REPORTS.md), or of a list of the
 * hub: "type" of a commune, "site-status", "role" and "device-state" of a device, "invite-state", "key-state".
 * What it is in Vietnamese, where that is spoken and there is a word; else itself.
 */
const char *ph_value_say(const char *column, const char *value);
/* The same of VALUE of the FIELD of that name of an entry (docs/KINDS.md), an enum. */
const char *ph_field_value_say(const char *field, const char *value);
/* The role that an admission gives a device as a number: "site", "courier", "both"; NULL: none of them. */
const char *ph_device_role_say(long long role);
/*
 * Why a word of a site does not count, as a report names it ("foreign-site"), for people;
 * WHY itself if that is not known. Borrows from it.
 */
const char *ph_stray_say(const char *why);
/*
 * Which figures of its own a site had before it when it signed a report off, as a report
 * names it ("counted", "printed", "other", else none), for people.
 */
const char *ph_seen_say(const char *seen);

#endif
