/*
 * tests/unit/test_fold_reader.c - readers, titles and workers: first entries, blocks,
 * merges, consents, erasures (docs/MERGE.md, "Title, reader, worker").
 */
#include "fold_bench.h"

#include "common/ledger/reader.h"
#include "common/ledger/title.h"

static struct ph_ref register_reader(struct bench *bench, struct actor *actor,
				     int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_PUT);

	set_uint(&entry, PH_READER_BAND, PH_BAND_CHILD);
	return say(bench, actor, &entry, second);
}

static struct ph_ref block(struct bench *bench, const struct ph_ref *reader,
			   int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_BLOCK);

	set_ref(&entry, PH_BLOCK_READER, reader);
	return say(bench, &bench->a, &entry, second);
}

static struct ph_ref unblock(struct bench *bench, const struct ph_ref *reader,
			     const struct ph_ref *blocks, size_t n, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_READER_UNBLOCK);

	set_ref(&entry, PH_UNBLOCK_READER, reader);
	set_refs(bench, &entry, PH_UNBLOCK_BLOCKS, blocks, n);
	return say(bench, &bench->b, &entry, second);
}

static void get_reader(struct bench *bench, const struct ph_ref *ref,
		       struct ph_reader *reader)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);

	assert_int_equal(ph_reader_decode(bench_fold(bench, &key), reader), 0);
}

static void reader_has_its_first_entry(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->b, 10);
	struct ph_reader reader;

	get_reader(bench, &ref, &reader);
	assert_true(reader.record.has_first);
	assert_int_equal(reader.record.site, 202);
	assert_int_equal(reader.record.second, T0 + 10);
	assert_false(reader.record.has_source);
	assert_int_equal(reader.record.registers.n, 1);
	assert_int_equal(reader.n_blocks, 0);
	assert_false(reader.erased);
	ph_reader_deinit(&reader);
}

static void first_entry_tells_its_source(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_READER_PUT);
	struct ph_reader reader;
	uint8_t source[PH_SOURCE_SIZE];

	memset(source, 7, sizeof source);
	set_source(&entry, 7);

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);

	/* That of a change is nobody's first. */
	set_ref(&entry, PH_READER_READER, &ref);
	set_source(&entry, 8);
	say(bench, &bench->a, &entry, 5);
	get_reader(bench, &ref, &reader);
	assert_true(reader.record.has_first);
	assert_int_equal(reader.record.second, T0 + 10);
	assert_true(reader.record.has_source);
	assert_memory_equal(reader.record.source, source, sizeof source);
	ph_reader_deinit(&reader);
}

static void blocks_keep_what_they_say(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_entry entry = entry_of(PH_KIND_READER_BLOCK);
	struct ph_reader reader;

	set_ref(&entry, PH_BLOCK_READER, &ref);
	set_uint(&entry, PH_BLOCK_REASON, 2);
	set_day(&entry, PH_BLOCK_UNTIL, 20999);

	struct ph_ref second = say(bench, &bench->hub, &entry, 30);
	struct ph_ref first = block(bench, &ref, 20);

	get_reader(bench, &ref, &reader);
	assert_int_equal(reader.n_blocks, 2);
	assert_same_ref(&reader.blocks[0].entry, &first);
	assert_false(reader.blocks[0].reason.set);
	assert_false(reader.blocks[0].has_until);
	assert_false(reader.blocks[0].lifted);
	assert_same_ref(&reader.blocks[1].entry, &second);
	assert_true(reader.blocks[1].reason.set);
	assert_int_equal(reader.blocks[1].reason.value, 2);
	assert_true(reader.blocks[1].has_until);
	assert_int_equal(reader.blocks[1].until, 20999);
	ph_reader_deinit(&reader);
}

static void unblock_lifts_the_blocks_it_saw(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_ref one = block(bench, &ref, 20);
	struct ph_ref two = block(bench, &ref, 30);
	struct ph_ref three = block(bench, &ref, 40);
	struct ph_ref seen[] = { one, three, stranger('q') };
	struct ph_ref late = unblock(bench, &ref, seen, 3, 60);
	struct ph_ref first = unblock(bench, &ref, &three, 1, 50);
	struct ph_reader reader;

	get_reader(bench, &ref, &reader);
	assert_int_equal(reader.n_blocks, 3);
	assert_true(reader.blocks[0].lifted);
	assert_same_ref(&reader.blocks[0].lifted_by, &late);
	assert_same_ref(&reader.blocks[1].entry, &two);
	assert_false(reader.blocks[1].lifted); /* placed without its knowledge */
	assert_true(reader.blocks[2].lifted);
	assert_same_ref(&reader.blocks[2].lifted_by, &first);
	ph_reader_deinit(&reader);
}

static void unblock_lifts_wherever_it_stands(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_ref one = block(bench, &ref, 500);
	struct ph_ref by = unblock(bench, &ref, &one, 1, 20); /* its clock is behind */
	struct ph_reader reader;

	get_reader(bench, &ref, &reader);
	assert_true(reader.blocks[0].lifted);
	assert_same_ref(&reader.blocks[0].lifted_by, &by);
	ph_reader_deinit(&reader);
}

static void consents_and_erasure(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_entry consent = entry_of(PH_KIND_CONSENT);
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_reader reader;

	set_ref(&consent, PH_CONSENT_READER, &ref);
	set_uint(&consent, PH_CONSENT_GIVEN, PH_GIVEN_WITHDRAWN);

	struct ph_ref back = say(bench, &bench->a, &consent, 40);

	set_uint(&consent, PH_CONSENT_GIVEN, PH_GIVEN_GIVEN);

	struct ph_ref given = say(bench, &bench->a, &consent, 20);

	set_refs(bench, &erase, PH_ERASE_READERS, &ref, 1);
	erase.extras.operator_sig =
		PH_VIEW((uint8_t[PH_OPERATOR_SIZE]){ 1 }, PH_OPERATOR_SIZE);
	say(bench, &bench->hub, &erase, 60);

	struct ph_ref erased = say(bench, &bench->hub, &erase, 50);

	get_reader(bench, &ref, &reader);
	assert_int_equal(reader.n_consents, 2);
	assert_same_ref(&reader.consents[0].entry, &given);
	assert_int_equal(reader.consents[0].given, PH_GIVEN_GIVEN);
	assert_same_ref(&reader.consents[1].entry, &back);
	assert_int_equal(reader.consents[1].given, PH_GIVEN_WITHDRAWN);
	assert_true(reader.erased);
	assert_same_ref(&reader.erased_by, &erased);
	ph_reader_deinit(&reader);
}

static struct ph_ref merge(struct bench *bench, uint32_t kind, const struct ph_ref *one,
			   const struct ph_ref *other, int64_t second)
{
	struct ph_entry entry = entry_of(kind);

	set_ref(&entry, 0, one);
	set_ref(&entry, 1, other);
	return say(bench, &bench->hub, &entry, second);
}

/* Neither what can be read nor which sealed field wins: a locked desk comes to the same. */
static void erasure_changes_no_register(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_reader before, after;
	uint8_t commit[32] = { 1 };

	set_ref(&put, PH_READER_READER, &ref);
	set_uint(&put, PH_READER_SETS, 1u << PH_READER_S_NAME);
	set_bytes(&put, PH_READER_COMMIT, commit, sizeof commit);
	say(bench, &bench->b, &put, 20);
	get_reader(bench, &ref, &before);
	set_refs(bench, &erase, PH_ERASE_READERS, &ref, 1);
	erase.extras.operator_sig =
		PH_VIEW((uint8_t[PH_OPERATOR_SIZE]){ 1 }, PH_OPERATOR_SIZE);
	say(bench, &bench->hub, &erase, 30);
	get_reader(bench, &ref, &after);
	assert_true(after.erased);
	assert_int_equal(before.record.registers.n, 2);
	assert_int_equal(after.record.registers.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct ph_register *one = &before.record.registers.items[i];
		const struct ph_register *two = &after.record.registers.items[i];

		assert_int_equal(one->field, two->field);
		assert_same_ref(&one->winner, &two->winner);
		assert_int_equal(one->value.set, two->value.set);
	}
	ph_reader_deinit(&before);
	ph_reader_deinit(&after);
}

static void merge_names_the_other_one(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = register_reader(bench, &bench->a, 10);
	struct ph_ref q = stranger('q'), r = stranger('r');
	struct ph_ref first = merge(bench, PH_KIND_READER_MERGE, &ref, &q, 20);
	struct ph_ref second = merge(bench, PH_KIND_READER_MERGE, &r, &ref, 30);
	struct ph_reader reader;

	get_reader(bench, &ref, &reader);
	assert_int_equal(reader.n_merges, 2);
	assert_same_ref(&reader.merges[0].ref, &first);
	assert_same_ref(&reader.merges[0].other, &q);
	assert_same_ref(&reader.merges[1].ref, &second);
	assert_same_ref(&reader.merges[1].other, &r);
	ph_reader_deinit(&reader);
}

static void title_has_its_merges(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_TITLE_PUT);
	struct ph_ref q = stranger('q');
	struct ph_title title;

	set_text(&entry, PH_TITLE_NAME, "Tắt đèn");

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);
	struct ph_ref by = merge(bench, PH_KIND_TITLE_MERGE, &q, &ref, 20);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &ref);

	assert_int_equal(ph_title_decode(bench_fold(bench, &key), &title), 0);
	assert_true(title.record.has_first);
	assert_int_equal(title.record.registers.n, 1);
	assert_int_equal(title.n_merges, 1);
	assert_same_ref(&title.merges[0].ref, &by);
	assert_same_ref(&title.merges[0].other, &q);
	ph_title_deinit(&title);
}

static void entity_that_is_only_merged_is_partial(void **state)
{
	struct bench *bench = *state;
	struct ph_ref q = stranger('q'), r = stranger('r');
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &r);
	struct ph_title title;

	merge(bench, PH_KIND_TITLE_MERGE, &q, &r, 20);
	assert_int_equal(ph_title_decode(bench_fold(bench, &key), &title), 0);
	assert_false(title.record.has_first);
	assert_int_equal(title.record.registers.n, 0);
	assert_same_ref(&title.merges[0].other, &q);
	ph_title_deinit(&title);
}

static void worker_is_registers_and_first(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_WORKER_PUT);
	struct ph_record worker;

	set_uint(&entry, PH_WORKER_SITE, 101);
	set_uint(&entry, PH_WORKER_ROLE, PH_WORK_LIBRARIAN);

	struct ph_ref ref = say(bench, &bench->hub, &entry, 10);
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_WORKER, &ref);

	entry = entry_of(PH_KIND_WORKER_PUT);
	set_ref(&entry, PH_WORKER_WORKER, &ref);
	set_uint(&entry, PH_WORKER_SITE, 202);
	see(&entry, PH_WORKER_SITE, &ref);
	say(bench, &bench->b, &entry, 20);
	assert_int_equal(ph_record_decode(bench_fold(bench, &key),
					  ph_kind_find(PH_KIND_WORKER_PUT), &worker),
			 0);
	assert_true(worker.has_first);
	assert_int_equal(worker.site, 0);
	assert_int_equal(worker.second, T0 + 10);
	assert_int_equal(
		ph_registers_get(&worker.registers, PH_WORKER_SITE)->value.as.uint, 202);
	assert_int_equal(
		ph_registers_get(&worker.registers, PH_WORKER_ROLE)->value.as.uint,
		PH_WORK_LIBRARIAN);
	ph_record_deinit(&worker);
}

static void model_keeps_its_list_of_sites(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_MODEL_PUT);
	const uint64_t sites[] = { 300, 7 };
	struct ph_entity_key key = key_of_bytes(PH_ENTITY_MODEL, "03646", 5);
	struct ph_record model;
	uint64_t site;

	set_text(&entry, PH_MODEL_COMMUNE, "03646");
	assert_int_equal(ph_list_put_uints(next_list(bench), sites, 2,
					   &entry.field[PH_MODEL_SITES]),
			 0);
	say(bench, &bench->a, &entry, 10);
	assert_int_equal(ph_record_decode(bench_fold(bench, &key),
					  ph_kind_find(PH_KIND_MODEL_PUT), &model),
			 0);
	assert_false(model.has_first);

	const struct ph_register *reg =
		ph_registers_get(&model.registers, PH_MODEL_SITES);
	struct ph_list_iter iter = ph_list_begin(&reg->value.as.list);

	assert_int_equal(reg->value.as.list.count, 2);
	assert_int_equal(ph_list_next_uint(&iter, &site), 1);
	assert_int_equal(site, 7);
	assert_int_equal(ph_list_next_uint(&iter, &site), 1);
	assert_int_equal(site, 300);
	assert_int_equal(ph_list_next_uint(&iter, &site), 0);
	ph_record_deinit(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(reader_has_its_first_entry),
		BENCH_TEST(first_entry_tells_its_source),
		BENCH_TEST(blocks_keep_what_they_say),
		BENCH_TEST(unblock_lifts_the_blocks_it_saw),
		BENCH_TEST(unblock_lifts_wherever_it_stands),
		BENCH_TEST(consents_and_erasure),
		BENCH_TEST(erasure_changes_no_register),
		BENCH_TEST(merge_names_the_other_one),
		BENCH_TEST(title_has_its_merges),
		BENCH_TEST(entity_that_is_only_merged_is_partial),
		BENCH_TEST(worker_is_registers_and_first),
		BENCH_TEST(model_keeps_its_list_of_sites),
	};

	return cmocka_run_group_tests_name("fold_reader", tests, NULL, NULL);
}
