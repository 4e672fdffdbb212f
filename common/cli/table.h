/*
 * common/cli/table.h - rows and columns: on a terminal, for scripts, or as a sheet.
 *
 * A command fills a table and prints it. Whether that is for people, tab-separated, or goes
 * into a file of CSV or XLSX (common/cli/export.h) is no affair of the command.
 */
#ifndef PH_CLI_TABLE_H
#define PH_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/* Columns line up by display width, NFD and wide letters included. */
struct ph_table;
/* COLUMNS names, the heading of each. NULL: no memory. PLAIN: tab-separated, no heading. */
struct ph_table *ph_table_new(const char *const *headings, unsigned columns, bool plain);
void ph_table_free(struct ph_table *table);
/*
 * Set the next cell, row by row, made safe as by ph_text_safe(). Memory errors stick,
 * and a TABLE that is NULL is one, as is a TEXT that is. cellf cuts at 511 bytes.
 */
void ph_table_cell(struct ph_table *table, const char *text);
void ph_table_cellf(struct ph_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with a number, which a sheet can add up. */
void ph_table_number(struct ph_table *table, long long number);
/* Print it all, or make it a sheet. 0, -ENOMEM or PH_OUT_LOST. */
int ph_table_print(const struct ph_table *table, FILE *out);

#endif
