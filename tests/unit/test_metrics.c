/*
 * tests/unit/test_metrics.c - metrics as text: what is escaped, what is left out when it is not
 * known, and counters at their edges. That Prometheus reads it: tests/e2e/97-metrics.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/counters.h"
#include "daemon/metrics.h"
#include "daemon/metrics_text.h"
#include "daemon/server.h"

/* TEXT as a C string, the caller's to free. */
static char *words_of(struct ph_buf *text)
{
	char *words;

	assert_int_equal(ph_buf_put_u8(text, 0), 0);
	words = strdup((const char *)text->data);
	ph_buf_deinit(text);
	assert_non_null(words);
	return words;
}

static const struct {
	const char *name, *value, *want;
} labels[] = {
	{ "plain", "14-0371", "m{l=\"14-0371\"} 1\n" },
	{ "Vietnamese", "Chiềng Khoa", "m{l=\"Chiềng Khoa\"} 1\n" },
	{ "empty", "", "m{l=\"\"} 1\n" },
	{ "quotation mark", "a\"b", "m{l=\"a\\\"b\"} 1\n" },
	{ "backslash", "a\\b", "m{l=\"a\\\\b\"} 1\n" },
	{ "backslash before a quotation mark", "\\\"", "m{l=\"\\\\\\\"\"} 1\n" },
	{ "line feed", "a\nm 2", "m{l=\"a\\nm 2\"} 1\n" },
	{ "no UTF-8",
	  "a\xff"
	  "b\xc3",
	  "m{l=\"a?b?\"} 1\n" },
};

static void test_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct ph_buf out = { 0 };
		struct ph_metrics_text text = { .out = &out, .family = "m" };
		const struct ph_metrics_label list[] = { { "l", labels[i].value },
							 { 0 } };
		char *got;

		ph_metrics_int(&text, "", list, 1);
		assert_int_equal(text.rc, 0);
		got = words_of(&out);
		if (strcmp(got, labels[i].want) != 0) {
			fail_msg("%s: %s", labels[i].name, got);
		}
		free(got);
	}
}

static void test_family(void **state)
{
	struct ph_buf out = { 0 };
	struct ph_metrics_text text = { .out = &out };
	const struct ph_metrics_label two[] = { { "a", "1" }, { "b", "2" }, { 0 } };
	char *got;

	(void)state;
	ph_metrics_family(&text, "m_total", "counter", "one\\two\n\"three\"");
	ph_metrics_int(&text, "", NULL, INT64_MIN);
	ph_metrics_int(&text, "_sum", two, INT64_MAX);
	ph_metrics_real(&text, "", NULL, 0.1);
	ph_metrics_real(&text, "", NULL, 1e300);
	got = words_of(&out);
	assert_string_equal(got, "# HELP m_total one\\\\two\\n\"three\"\n"
				 "# TYPE m_total counter\n"
				 "m_total -9223372036854775808\n"
				 "m_total_sum{a=\"1\",b=\"2\"} 9223372036854775807\n"
				 "m_total 0.1\n"
				 "m_total 1e+300\n");
	free(got);
}

static char *written(const char *answer)
{
	json_t *object = json_loads(answer, 0, NULL);
	struct ph_buf out = { 0 };

	assert_non_null(object);
	assert_int_equal(ph_metrics_write(object, &out), 0);
	json_decref(object);
	return words_of(&out);
}

/* What nobody knows has no sample: a 0 would be a lie. */
static void test_unknown_is_left_out(void **state)
{
	char *got =
		written("{\"running\":false,\"sites\":[{\"site\":\"a\",\"kind\":\"van\","
			"\"overdue_s\":0}]}");

	(void)state;
	assert_non_null(strstr(got, "packhorse_up 0\n"));
	assert_non_null(strstr(
		got, "packhorse_site_overdue_seconds{site=\"a\",kind=\"van\"} 0\n"));
	assert_null(strstr(got, "packhorse_site_lag_seconds{"));
	assert_null(strstr(got, "packhorse_sessions_total"));
	assert_null(strstr(got, "packhorse_entries_total"));
	assert_null(strstr(got, "packhorse_backup_age_seconds"));
	assert_null(strstr(got, "packhorse_plan"));
	free(got);
}

/* An answer of another form ends no program. */
static void test_odd_answers(void **state)
{
	static const char *const odd[] = {
		"{}",
		"[]",
		"{\"sites\":7,\"cases\":[],\"entries\":\"x\",\"plan\":{},\"server\":[]}",
		"{\"server\":{\"ends\":[1,null],\"seconds\":3,\"limits\":[]}}",
		"{\"sites\":[null,1,{}],\"plan\":[{\"target\":\"x\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		free(written(odd[i]));
	}
}

static void test_plan(void **state)
{
	char *got =
		written("{\"plan\":[{\"report\":\"M1\",\"target\":0.15,\"actual\":0.04},"
			"{\"report\":\"M4\",\"target\":0.1}]}");

	(void)state;
	assert_non_null(strstr(got, "packhorse_plan_target{kind=\"M1\"} 0.15\n"));
	assert_non_null(strstr(got, "packhorse_plan_actual{kind=\"M1\"} 0.04\n"));
	assert_non_null(strstr(got, "packhorse_plan_target{kind=\"M4\"} 0.1\n"));
	assert_null(strstr(got, "packhorse_plan_actual{kind=\"M4\"}"));
	free(got);
}

/* ---- is it well ---- */

static uv_sem_t entered, may_go;

static void hang(void *hub, struct ph_job *jobs)
{
	(void)hub;
	(void)jobs;
}

static json_t *hang_command(void *hub, const json_t *request)
{
	(void)hub;
	(void)request;
	return NULL;
}

/* The worker folds at once when it starts: here for as long as the test wants. */
static int hang_fold(void *hub)
{
	(void)hub;
	uv_sem_post(&entered);
	uv_sem_wait(&may_go);
	return 0;
}

static void on_jobs(void *data, struct ph_job *jobs)
{
	(void)data;
	(void)jobs;
}

static void on_order(void *data, struct ph_order *order)
{
	(void)data;
	(void)order;
}

static void on_trouble(void *data, int rc)
{
	(void)data;
	(void)rc;
}

static void on_ended(void *data)
{
	*(bool *)data = true;
}

static void health_is(struct ph_server *server, int want, const char *words)
{
	struct ph_buf out = { 0 };
	char *got;

	assert_int_equal(ph_metrics_healthz(server, &out), want);
	got = words_of(&out);
	assert_string_equal(got, words);
	free(got);
}

static void test_healthz(void **state)
{
	static const struct ph_storeworker_ops ops = { hang, hang_command, hang_fold };
	static struct ph_server server; /* it has a large buffer */
	bool has_ended = false;

	(void)state;
	health_is(&server, 0, "{\"schema\":1,\"ok\":false,\"store\":\"stopping\"}\n");
	server.hang_ms = 60;
	assert_int_equal(uv_loop_init(&server.loop), 0);
	assert_int_equal(uv_sem_init(&entered, 0), 0);
	assert_int_equal(uv_sem_init(&may_go, 0), 0);
	assert_int_equal(ph_storeworker_start(&server.worker,
					      &(struct ph_storeworker_config){
						      .loop = &server.loop,
						      .ops = &ops,
						      .on_jobs = on_jobs,
						      .on_order = on_order,
						      .on_trouble = on_trouble,
						      .on_ended = on_ended,
						      .data = &has_ended,
						      .quiet_ms = 1,
						      .latest_ms = 1,
					      }),
			 0);
	uv_sem_wait(&entered);
	uv_sleep(80);
	health_is(&server, 0, "{\"schema\":1,\"ok\":false,\"store\":\"hangs\"}\n");
	uv_sem_post(&may_go);
	while (ph_server_store(&server) != PH_STORE_ANSWERS) {
		uv_sleep(1);
	}
	health_is(&server, 1, "{\"schema\":1,\"ok\":true,\"store\":\"answers\"}\n");
	ph_storeworker_stop(server.worker);
	assert_int_equal(uv_run(&server.loop, UV_RUN_DEFAULT), 0);
	assert_true(has_ended);
	assert_int_equal(uv_loop_close(&server.loop), 0);
	uv_sem_destroy(&entered);
	uv_sem_destroy(&may_go);
}

/* ---- counters ---- */

static void test_buckets(void **state)
{
	static const uint64_t ms[] = { 0, 250, 251, 1000, 7200000, 7200001, 86400000 };
	struct ph_counters counters = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		ph_counters_session(&counters, "closed", "done", ms[i]);
	}
	assert_int_equal(counters.bucket[0], 2); /* up to 250 ms, that included */
	assert_int_equal(counters.bucket[1], 2);
	assert_int_equal(counters.bucket[PH_COUNTERS_BUCKETS - 1], 1);
	assert_int_equal(counters.bucket[PH_COUNTERS_BUCKETS], 2);
	assert_int_equal(counters.sessions, 7);
	assert_int_equal(counters.n_ends, 1);
	assert_int_equal(counters.end[0].n, 7);
}

/* The text of buckets is cumulative, and ends in all. */
static void test_histogram(void **state)
{
	struct ph_counters counters = { 0 };
	json_t *answer;
	struct ph_buf out = { 0 };
	char *got;

	(void)state;
	ph_counters_session(&counters, "closed", "done", 100);
	ph_counters_session(&counters, "cut", "reset", 2000);
	ph_counters_session(&counters, "closed", "done", 90000000);
	counters.resumed = 5;
	answer = json_pack("{s:b, s:o}", "running", 1, "server",
			   ph_counters_json(&counters));
	assert_int_equal(ph_metrics_write(answer, &out), 0);
	json_decref(answer);
	got = words_of(&out);
	assert_non_null(strstr(got, "packhorse_up 1\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_bucket{le=\"0.25\"} 1\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_bucket{le=\"2.5\"} 2\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_bucket{le=\"7200\"} 2\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_bucket{le=\"+Inf\"} 3\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_sum 90002.1\n"));
	assert_non_null(strstr(got, "packhorse_session_seconds_count 3\n"));
	assert_non_null(strstr(
		got, "packhorse_sessions_total{result=\"closed\",reason=\"done\"} 2\n"));
	assert_non_null(strstr(
		got, "packhorse_sessions_total{result=\"cut\",reason=\"reset\"} 1\n"));
	assert_non_null(strstr(got, "packhorse_resumed_total 5\n"));
	free(got);
}

static void test_many_reasons(void **state)
{
	static char names[PH_COUNTERS_ENDS_MAX + 5][8];
	struct ph_counters counters = { 0 };
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < PH_COUNTERS_ENDS_MAX + 5; i++) {
		snprintf(names[i], sizeof(names[i]), "r%u", i);
		ph_counters_session(&counters, "cut", names[i], 1);
	}
	assert_int_equal(counters.n_ends, PH_COUNTERS_ENDS_MAX);
	for (unsigned i = 0; i < counters.n_ends; i++) {
		sum += counters.end[i].n;
	}
	assert_int_equal(sum, PH_COUNTERS_ENDS_MAX + 5);
	assert_string_equal(counters.end[PH_COUNTERS_ENDS_MAX - 1].reason, "other");
	ph_counters_session(&counters, "cut", "r3", 1);
	assert_int_equal(counters.end[3].n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_unknown_is_left_out),
		cmocka_unit_test(test_odd_answers),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_healthz),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_many_reasons),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
