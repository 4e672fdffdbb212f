/*
 * common/ledger/derive_tables.c - the tables behind the states.
 *
 * A row of ledger_title, _reader and _copy is there for every entity that has a state;
 * ROOT is null for the root of a class and for what stands alone, and only those show
 * more than their root.
 */
#include "common/ledger/derive.h"

const char ph_derive_make_sql[] =
	"CREATE TABLE ledger_edge(type INTEGER, id BLOB, other BLOB,"
	" PRIMARY KEY(type, id, other)) WITHOUT ROWID;"
	"CREATE INDEX ledger_edge_other ON ledger_edge(type, other);"
	"CREATE TABLE ledger_copy(id BLOB PRIMARY KEY, root BLOB, title BLOB,"
	" owner INTEGER, site INTEGER, known INTEGER NOT NULL,"
	" condition INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_copy_root ON ledger_copy(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_copy_title ON ledger_copy(title);"
	"CREATE INDEX ledger_copy_owner ON ledger_copy(owner);"
	"CREATE INDEX ledger_copy_site ON ledger_copy(site, id);"
	"CREATE TABLE ledger_two_titles(copy BLOB, title BLOB,"
	" PRIMARY KEY(copy, title)) WITHOUT ROWID;"
	"CREATE INDEX ledger_two_titles_title ON ledger_two_titles(title);"
	"CREATE TABLE ledger_loan(copy BLOB PRIMARY KEY, card BLOB NOT NULL,"
	" site INTEGER NOT NULL, due INTEGER NOT NULL, second INTEGER NOT NULL,"
	" ref BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_loan_card ON ledger_loan(card, due, second, copy);"
	"CREATE INDEX ledger_loan_site ON ledger_loan(site, due, second, copy);"
	"CREATE INDEX ledger_loan_due ON ledger_loan(due, second, copy);"
	"CREATE TABLE ledger_way(copy BLOB PRIMARY KEY, site INTEGER NOT NULL,"
	" crate BLOB NOT NULL, origin INTEGER NOT NULL, second INTEGER NOT NULL,"
	" due_back INTEGER) WITHOUT ROWID;"
	"CREATE INDEX ledger_way_site ON ledger_way(site, crate, copy);"
	"CREATE TABLE ledger_hold(id BLOB PRIMARY KEY, site INTEGER NOT NULL,"
	" waits INTEGER NOT NULL, expires INTEGER NOT NULL, second INTEGER NOT NULL,"
	" card BLOB NOT NULL, title BLOB, copy BLOB, ready BLOB, ready_second INTEGER)"
	" WITHOUT ROWID;"
	"CREATE INDEX ledger_hold_site ON ledger_hold(site, waits, expires, id);"
	"CREATE INDEX ledger_hold_title ON ledger_hold(title, second, id)"
	" WHERE title IS NOT NULL;"
	"CREATE INDEX ledger_hold_copy ON ledger_hold(copy, second, id)"
	" WHERE copy IS NOT NULL;"
	"CREATE TABLE ledger_opaque(log INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
	"CREATE INDEX ledger_mark_clamp ON ledger_mark(log, n) WHERE clamp IS NOT NULL;"
	"CREATE TABLE ledger_match(kind INTEGER, key BLOB, id BLOB,"
	" type INTEGER NOT NULL, PRIMARY KEY(kind, key, id)) WITHOUT ROWID;"
	"CREATE INDEX ledger_match_id ON ledger_match(id, type);"
	"CREATE TABLE ledger_case(id BLOB PRIMARY KEY, kind INTEGER NOT NULL,"
	" anchor BLOB NOT NULL, type INTEGER NOT NULL, subject BLOB NOT NULL,"
	" refs BLOB NOT NULL, second INTEGER NOT NULL, facts BLOB NOT NULL,"
	" status INTEGER NOT NULL, closed INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_case_subject ON ledger_case(type, subject);"
	"CREATE INDEX ledger_case_order ON ledger_case(closed, second, id);"
	"CREATE INDEX ledger_case_kind ON ledger_case(kind, closed, second, id);"
	"CREATE TABLE ledger_case_site(site INTEGER, closed INTEGER, second INTEGER,"
	" id BLOB, PRIMARY KEY(site, closed, second, id)) WITHOUT ROWID;"
	"CREATE INDEX ledger_case_site_id ON ledger_case_site(id);"
	"CREATE TABLE ledger_card(id BLOB PRIMARY KEY, reader BLOB,"
	" barred INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_card_reader ON ledger_card(reader);"
	"CREATE TABLE ledger_reader(id BLOB PRIMARY KEY, root BLOB, site INTEGER,"
	" second INTEGER, barred INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_reader_root ON ledger_reader(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_reader_site ON ledger_reader(site);"
	"CREATE TABLE ledger_title(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" root BLOB, site INTEGER, second INTEGER);"
	"CREATE INDEX ledger_title_root ON ledger_title(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_title_site ON ledger_title(site);";

/* Words of Tai Viet hold combining vowels, which must not part them. */
const char ph_words_make_sql[] =
	"CREATE VIRTUAL TABLE ledger_words USING fts5(words, tokenize ="
	" \"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\");";

const char ph_derive_drop_sql[] =
	"DROP TABLE IF EXISTS ledger_edge; DROP TABLE IF EXISTS ledger_copy;"
	"DROP TABLE IF EXISTS ledger_two_titles; DROP TABLE IF EXISTS ledger_loan;"
	"DROP TABLE IF EXISTS ledger_opaque; DROP TABLE IF EXISTS ledger_match;"
	"DROP TABLE IF EXISTS ledger_way; DROP TABLE IF EXISTS ledger_hold;"
	"DROP TABLE IF EXISTS ledger_case; DROP TABLE IF EXISTS ledger_case_site;"
	"DROP TABLE IF EXISTS ledger_card; DROP TABLE IF EXISTS ledger_reader;"
	"DROP TABLE IF EXISTS ledger_title;";

const char ph_words_drop_sql[] = "DROP TABLE IF EXISTS ledger_words;";
