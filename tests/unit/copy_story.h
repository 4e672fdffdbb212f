/*
 * tests/unit/copy_story.h - what happened to a copy, and what is concluded, in words.
 *
 * A story is steps parted by ';', each
 *
 *	SECOND[@][~UNSURE] WHO WHAT [WORD ...]
 *
 * SECOND counts from T0, @ says that a person told that time, UNSURE (0) is in
 * seconds; WHO is a, a2, b, c (sites 101, 101, 202, 303) or hub. Steps are numbered
 * from 1 in the order of the story, which is also that of each log; #N names one. All
 * speak of copy "c1" but where a step lists copies.
 *
 *	put TITLE [over #N]    own SITE [for SITE]    loan CARD [HOLD]    renew [CARD] [#N|?X]    return    use
 *	see    ready HOLD    send CRATE [FROM>]SITE [COPY ...]    receive CRATE [final] [listed]
 *	[COPY ...]    missing    lost #N    damaged    repaired    withdrawn DECISION
 *	reinstated    alias COPY OTHER
 *
 * own: a put that sets `owner`; for: on behalf. TITLE, HOLD and X are one letter for a reference to something that is not here. What is
 * concluded is parted by "; ": custody; each loan; conditions; claims; aliases; cases;
 * notices. See tell_copy().
 */
#ifndef PH_TESTS_COPY_STORY_H
#define PH_TESTS_COPY_STORY_H

#include <stdarg.h>
#include <stdio.h>

#include "fold_bench.h"

#include "common/ledger/copy.h"

#define STORY_STEPS 64
#define STORY_WORDS 12

struct story {
	struct bench *bench;
	struct ph_ref refs[STORY_STEPS + 1]; /* by number of the step */
	size_t n;
};

static inline struct actor *story_actor(struct bench *bench, const char *who)
{
	struct actor *found = strcmp(who, "a") == 0     ? &bench->a
			      : strcmp(who, "a2") == 0  ? &bench->a2
			      : strcmp(who, "b") == 0   ? &bench->b
			      : strcmp(who, "c") == 0   ? &bench->c
			      : strcmp(who, "hub") == 0 ? &bench->hub
							: NULL;

	if (found == NULL) {
		fail_msg("nobody is called %s", who);
	}
	return found;
}

static inline uint64_t story_site(const char *name)
{
	return strcmp(name, "a") == 0 ? 101 : strcmp(name, "b") == 0 ? 202 : 303;
}

static inline struct ph_ref story_ref(const struct story *story, const char *word)
{
	return word[0] == '#'   ? story->refs[strtoul(word + 1, NULL, 10)]
	       : word[0] == '?' ? stranger(word[1])
				: stranger(word[0]);
}

/* Words of a step behind what it does; those that list copies in the end. */
static inline void story_lists(struct story *story, struct ph_entry *entry,
			       char *const *words, size_t n)
{
	bool sends = entry->number == PH_KIND_CRATE_DISPATCH;
	unsigned field = sends ? PH_DISPATCH_COPIES : PH_RECEIVE_COPIES;
	const char *codes[STORY_WORDS];
	size_t n_codes = 0;

	set_id(entry, sends ? PH_DISPATCH_CRATE : PH_RECEIVE_CRATE, 0, words[0]);
	for (size_t i = sends ? 2 : 1; i < n; i++) {
		if (strcmp(words[i], "final") == 0) {
			set_uint(entry, PH_RECEIVE_FINAL, 1);
		} else if (strcmp(words[i], "listed") == 0) {
			set_uint(entry, PH_RECEIVE_LISTED, 1);
		} else {
			codes[n_codes++] = words[i];
		}
	}
	if (sends && n_codes == 0) {
		codes[n_codes++] = "c1";
	}
	if (n_codes > 0) {
		set_ids(story->bench, entry, field, codes, n_codes);
	}
}

static inline struct ph_entry story_crate(struct story *story, const char *what,
					  const struct actor *actor, char *const *words,
					  size_t n)
{
	bool sends = strcmp(what, "send") == 0;
	struct ph_entry entry =
		entry_of(sends ? PH_KIND_CRATE_DISPATCH : PH_KIND_CRATE_RECEIVE);

	if (sends) {
		char from[2] = { words[1][0], '\0' };
		bool by_another = words[1][1] == '>';

		set_uint(&entry, PH_DISPATCH_FROM,
			 by_another ? story_site(from) : actor->site);
		set_uint(&entry, PH_DISPATCH_TO,
			 story_site(by_another ? words[1] + 2 : words[1]));
	}
	story_lists(story, &entry, words, n);
	return entry;
}

static inline struct ph_entry story_put(struct story *story, char *const *words, size_t n)
{
	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);
	struct ph_ref title = stranger(words[0][0]);

	set_ref(&entry, PH_COPY_TITLE, &title);
	if (n > 2) {
		struct ph_ref seen = story_ref(story, words[2]);

		see(&entry, PH_COPY_TITLE, &seen);
	}
	return entry;
}

static inline struct ph_entry story_own(char *const *words, size_t n)
{
	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);

	set_uint(&entry, PH_COPY_OWNER, story_site(words[0]));
	if (n > 2) {
		entry.extras.behalf = story_site(words[2]);
	}
	return entry;
}

static inline struct ph_entry story_loan(struct story *story, bool renews,
					 char *const *words, size_t n)
{
	struct ph_entry entry = entry_of(renews ? PH_KIND_RENEW : PH_KIND_LOAN);

	for (size_t i = 0; i < n; i++) {
		struct ph_ref ref = story_ref(story, words[i]);

		if (renews && strchr("#?", words[i][0]) != NULL) {
			set_ref(&entry, PH_RENEW_LOAN, &ref);
		} else if (i == 0) {
			set_id(&entry, renews ? PH_RENEW_CARD : PH_LOAN_CARD, 0,
			       words[i]);
		} else {
			set_ref(&entry, PH_LOAN_HOLD, &ref);
		}
	}
	return entry;
}

static inline struct ph_entry story_plain(struct story *story, const char *what,
					  char *const *words, size_t n)
{
	static const struct {
		const char *what;
		uint32_t kind;
		unsigned field;
		char takes; /* r: a reference, t: a text, 0: nothing */
	} verbs[] = {
		{ "return", PH_KIND_RETURN, 0, 0 },
		{ "use", PH_KIND_IN_HOUSE_USE, 0, 0 },
		{ "see", PH_KIND_SIGHTING, 0, 0 },
		{ "missing", PH_KIND_COPY_MISSING, 0, 0 },
		{ "damaged", PH_KIND_DAMAGED, 0, 0 },
		{ "repaired", PH_KIND_REPAIRED, 0, 0 },
		{ "reinstated", PH_KIND_REINSTATED, 0, 0 },
		{ "ready", PH_KIND_HOLD_READY, PH_HOLD_READY_HOLD, 'r' },
		{ "lost", PH_KIND_READER_LOST, PH_READER_LOST_LOAN, 'r' },
		{ "withdrawn", PH_KIND_WITHDRAWN, PH_WITHDRAWN_DECISION, 't' },
	};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].what, what) != 0) {
			continue;
		}

		struct ph_entry entry = entry_of(verbs[i].kind);

		assert_int_equal(n, verbs[i].takes != 0);
		if (verbs[i].takes == 'r') {
			struct ph_ref ref = story_ref(story, words[0]);

			set_ref(&entry, verbs[i].field, &ref);
		} else if (verbs[i].takes == 't') {
			set_text(&entry, verbs[i].field, words[0]);
		}
		return entry;
	}
	fail_msg("nobody can %s", what);
	return entry_of(PH_KIND_RETURN);
}

static inline struct ph_entry story_entry(struct story *story, const struct actor *actor,
					  char *const *words, size_t n)
{
	const char *what = words[0];
	struct ph_entry entry;

	words++;
	n--;
	if (strcmp(what, "send") == 0 || strcmp(what, "receive") == 0) {
		return story_crate(story, what, actor, words, n);
	}
	if (strcmp(what, "alias") == 0) {
		entry = entry_of(PH_KIND_COPY_ALIAS);
		set_id(&entry, PH_ALIAS_COPY, 0, words[0]);
		set_id(&entry, PH_ALIAS_OTHER, 0, words[1]);
		return entry;
	}
	entry = strcmp(what, "put") == 0     ? story_put(story, words, n)
		: strcmp(what, "own") == 0   ? story_own(words, n)
		: strcmp(what, "loan") == 0  ? story_loan(story, false, words, n)
		: strcmp(what, "renew") == 0 ? story_loan(story, true, words, n)
					     : story_plain(story, what, words, n);

	/* Of all others the copy is the first field, but for a hold-ready. */
	set_id(&entry, entry.number == PH_KIND_HOLD_READY ? PH_HOLD_READY_COPY : 0, 0,
	       "c1");
	return entry;
}

static inline void story_step(struct story *story, char *step)
{
	char *words[STORY_WORDS], *rest = NULL, *number;
	size_t n = 0;

	for (char *word = strtok_r(step, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		assert_true(n < STORY_WORDS);
		words[n++] = word;
	}
	assert_true(n >= 3);

	int64_t second = strtoll(words[0], &number, 10);
	struct actor *actor = story_actor(story->bench, words[1]);
	struct ph_entry entry = story_entry(story, actor, &words[2], n - 2);

	story->refs[++story->n] = say(story->bench, actor, &entry, second);

	struct ph_fact *fact = &story->bench->said[story->bench->n - 1].fact;

	if (*number == '@') {
		fact->told = true;
		number++;
	}
	if (*number == '~') {
		fact->unsure = (uint32_t)strtoul(number + 1, NULL, 10);
	}
}

static inline void story_tell(struct story *story, struct bench *bench, const char *text)
{
	char steps[2048], *rest = NULL;

	*story = (struct story){ .bench = bench };
	assert_true(strlen(text) < sizeof steps);
	memcpy(steps, text, strlen(text) + 1);
	for (char *step = strtok_r(steps, ";", &rest); step != NULL;
	     step = strtok_r(NULL, ";", &rest)) {
		story_step(story, step);
	}
}

/* --- what is concluded --- */

struct told {
	const struct story *story;
	char text[2048];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void tell(struct told *told,
							      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	told->len += (size_t)vsnprintf(told->text + told->len,
				       sizeof told->text - told->len, format, args);
	va_end(args);
	assert_true(told->len < sizeof told->text);
}

/* The next thing, behind "; " if there is one before. */
#define TELL(told, ...)                                                                  \
	do {                                                                             \
		if ((told)->len > 0) {                                                   \
			tell(told, "; ");                                                \
		}                                                                        \
		tell(told, __VA_ARGS__);                                                 \
	} while (0)

/* " #N", or " X" for what is not here. */
static inline void tell_ref(struct told *told, const struct ph_ref *ref)
{
	for (size_t i = 1; i <= told->story->n; i++) {
		if (ph_ref_equal(&told->story->refs[i], ref)) {
			tell(told, " #%zu", i);
			return;
		}
	}
	tell(told, " %c", (char)ref->n);
}

static inline const char *site_name(uint64_t site)
{
	return site == 101 ? "a" : site == 202 ? "b" : site == 303 ? "c" : "?";
}

#define CODE(id) (int)(id).code.len, (const char *)(id).code.data

static inline void tell_custody(struct told *told, const struct ph_copy *copy)
{
	switch (copy->custody) {
	case PH_CUSTODY_UNKNOWN:
		TELL(told, "unknown");
		return;
	case PH_CUSTODY_SITE:
		TELL(told, "at %s", site_name(copy->at_site));
		break;
	case PH_CUSTODY_READER:
		TELL(told, "with %.*s from %s", CODE(copy->at_card),
		     site_name(copy->at_site));
		break;
	case PH_CUSTODY_CRATE:
		TELL(told, "in %.*s %s>%s", CODE(copy->in_crate),
		     site_name(copy->at_site), site_name(copy->to_site));
		break;
	}
	tell_ref(told, &copy->custody_by);
}

static inline void tell_loan(struct told *told, const struct ph_loan *loan)
{
	TELL(told, "loan %.*s", CODE(loan->card));
	tell_ref(told, &loan->ref);
	for (size_t i = 0; i < loan->n_renewals; i++) {
		tell(told, " +");
		tell_ref(told, &loan->renewals[i]);
	}
	if (loan->closed == PH_CLOSED_OPEN) {
		tell(told, " open");
		return;
	}
	tell(told, loan->closed == PH_CLOSED_RETURN ? " returned" : " inferred");
	tell_ref(told, &loan->closed_by);
}

static inline void tell_conditions(struct told *told, const struct ph_copy *copy)
{
	static const char *const names[] = { "", "missing", "lost", "damaged",
					     "withdrawn" };

	for (size_t key = PH_CONDITION_MISSING; key <= PH_CONDITION_WITHDRAWN; key++) {
		const struct ph_copy_condition *condition = &copy->condition[key];

		if (!condition->set) {
			continue;
		}
		TELL(told, "%s", names[key]);
		tell_ref(told, &condition->by);
		if (key == PH_CONDITION_MISSING) {
			tell(told, " at %s", site_name(condition->site));
		} else if (key == PH_CONDITION_LOST) {
			tell(told, " of");
			tell_ref(told, &condition->loan);
		} else if (key == PH_CONDITION_WITHDRAWN) {
			tell(told, " by %.*s", (int)condition->decision.len,
			     (const char *)condition->decision.data);
		}
	}
}

static inline void tell_cases(struct told *told, const struct ph_copy *copy)
{
	static const char *const names[] = { "", "two-places", "maybe-returned",
					     "lent-in-crate", "two-titles" };

	for (size_t i = 0; i < copy->n_cases; i++) {
		TELL(told, "case %s", names[copy->cases[i].kind]);
		for (size_t k = 0; k < copy->cases[i].n_facts; k++) {
			tell_ref(told, &copy->cases[i].facts[k]);
		}
	}
}

/*
 *	unknown | at SITE #N | with CARD from SITE #N | in CRATE FROM>TO #N
 *	loan CARD #N [+ #N ...] open | returned #N | inferred #N
 *	missing #N at SITE | lost #N of #N | damaged #N | withdrawn #N by DECISION
 *	claim HOLD #N    alias COPY #N    case NAME #N ...    undone #N by #N    lent-withdrawn #N
 */
static inline void tell_copy(struct told *told, const struct ph_copy *copy)
{
	tell_custody(told, copy);
	for (size_t i = 0; i < copy->n_loans; i++) {
		tell_loan(told, &copy->loans[i]);
	}
	tell_conditions(told, copy);
	for (size_t i = 0; i < copy->n_claims; i++) {
		TELL(told, "claim");
		tell_ref(told, &copy->claims[i].hold);
		tell_ref(told, &copy->claims[i].by);
	}
	for (size_t i = 0; i < copy->n_aliases; i++) {
		TELL(told, "alias %.*s", CODE(copy->aliases[i].other));
		tell_ref(told, &copy->aliases[i].by);
	}
	tell_cases(told, copy);
	for (size_t i = 0; i < copy->n_notices; i++) {
		bool held = copy->notices[i].kind == PH_NOTICE_HELD;

		TELL(told, held ? "undone" : "lent-withdrawn");
		if (held) {
			tell_ref(told, &copy->notices[i].of);
			tell(told, " by");
		}
		tell_ref(told, &copy->notices[i].by);
	}
}

struct tale {
	const char *name;
	const char *steps;
	const char *end;
};

/* The state of copy c1, decoded. */
static inline void bench_copy(struct bench *bench, struct ph_copy *copy)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_COPY, "c1");

	assert_int_equal(ph_copy_decode(bench_fold(bench, &key), copy), 0);
}

static inline void assert_tale(struct bench *bench, const char *steps, const char *end)
{
	struct told told = { 0 };
	struct story story;
	struct ph_copy copy;

	story_tell(&story, bench, steps);
	told.story = &story;
	bench_copy(bench, &copy);
	tell_copy(&told, &copy);
	ph_copy_deinit(&copy);
	assert_string_equal(told.text, end);
}

/* A test for each tale of a table, by its name. */
static inline void tale_runs(void **state)
{
	const struct tale *tale = *state;
	void *bench;

	bench_setup(&bench);
	assert_tale(bench, tale->steps, tale->end);
	bench_teardown(&bench);
}

static inline int run_tales(const char *group, const struct tale *tales, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof *tests);
	int failed;

	for (size_t i = 0; i < n; i++) {
		tests[i].name = tales[i].name;
		tests[i].test_func = tale_runs;
		tests[i].initial_state = (void *)(uintptr_t)&tales[i];
	}
	failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
	free(tests);
	return failed;
}

#endif
