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
	" owner INTEGER, site INTEGER, known INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_copy_root ON ledger_copy(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_copy_title ON ledger_copy(title);"
	"CREATE INDEX ledger_copy_owner ON ledger_copy(owner);"
	"CREATE TABLE ledger_loan(copy BLOB PRIMARY KEY, card BLOB NOT NULL,"
	" site INTEGER NOT NULL, due INTEGER, second INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX ledger_loan_card ON ledger_loan(card);"
	"CREATE INDEX ledger_loan_site ON ledger_loan(site, due);"
	"CREATE INDEX ledger_loan_due ON ledger_loan(due);"
	"CREATE TABLE ledger_case(entity BLOB, kind INTEGER, anchor BLOB,"
	" PRIMARY KEY(entity, kind, anchor)) WITHOUT ROWID;"
	"CREATE TABLE ledger_card(id BLOB PRIMARY KEY, reader BLOB NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE INDEX ledger_card_reader ON ledger_card(reader);"
	"CREATE TABLE ledger_reader(id BLOB PRIMARY KEY, root BLOB, site INTEGER,"
	" second INTEGER) WITHOUT ROWID;"
	"CREATE INDEX ledger_reader_root ON ledger_reader(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_reader_site ON ledger_reader(site);"
	"CREATE TABLE ledger_title(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" root BLOB, site INTEGER, second INTEGER);"
	"CREATE INDEX ledger_title_root ON ledger_title(root) WHERE root IS NOT NULL;"
	"CREATE INDEX ledger_title_site ON ledger_title(site);"
	/* Words of Tai Viet hold combining vowels, which must not part them. */
	"CREATE VIRTUAL TABLE ledger_words USING fts5(words, tokenize ="
	" \"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\");";

const char ph_derive_drop_sql[] =
	"DROP TABLE IF EXISTS ledger_edge; DROP TABLE IF EXISTS ledger_copy;"
	"DROP TABLE IF EXISTS ledger_loan; DROP TABLE IF EXISTS ledger_case;"
	"DROP TABLE IF EXISTS ledger_card; DROP TABLE IF EXISTS ledger_reader;"
	"DROP TABLE IF EXISTS ledger_title; DROP TABLE IF EXISTS ledger_words;";
