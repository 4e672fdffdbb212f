/*
 * common/ledger/tables.h - the tables of the projection: for the files of this folder and tests.
 */
#ifndef PH_LEDGER_TABLES_H
#define PH_LEDGER_TABLES_H

struct ph_db;

/* Make the tables, or drop and make them if they are of another version. 0 or a negative errno. */
int ph_tables_open(struct ph_db *db);
/*
 * Nothing folded: the tables of this version are emptied, those of another dropped and made.
 * 0 or a negative errno.
 */
int ph_tables_renew(struct ph_db *db);

#endif
