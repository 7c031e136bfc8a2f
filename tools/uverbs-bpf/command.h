/* SPDX-License-Identifier: BSD-2-Clause */
/* What the subcommands of uverbs-bpf share. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define VERSION		"1.0.0"

#define MODULE_DIR	"/sys/module/uverbs_bpf"
#define PROC_DIR	"/proc/uverbs_bpf"
#define BPFFS		"/sys/fs/bpf"
#define PIN_DIR		BPFFS "/uverbs-bpf"
#ifndef LIB_DIR
#define LIB_DIR		"/usr/lib/uverbs-bpf"
#endif
#define OBJECT_SUFFIX	".bpf.o"

/* Exit status, documented in uverbs-bpf(8). */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_SERVING = 3,
};

extern bool want_json;
extern bool verbose;

int cmd_status(int argc, char **argv);
int cmd_transport(int argc, char **argv);
int cmd_provider(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_log(int argc, char **argv);

/* Prints "uverbs-bpf: ...", returns STATUS_FAILED. */
__attribute__((format(printf, 1, 2))) int failed(const char *fmt, ...);
/* As above and a hint at --help, returns STATUS_USAGE. */
__attribute__((format(printf, 1, 2))) int bad_usage(const char *fmt, ...);

bool module_loaded(void);
/* First line of a file without its newline; false if it cannot be read. */
bool read_line(char *line, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Write a parameter of the module. @doing: subject of the message if that fails. */
int set_parameter(const char *doing, const char *name, const char *value);

/* ---- the kernel's tables: lines of fields between tabs ---- */

#define MAX_COLUMNS	16

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_TIME,	/* a number of seconds since the epoch, in text a date */
};

/**
 * struct column - one field of a table
 * @name: in JSON
 * @title: in text, NULL if it is not shown there
 * @kind: what it holds
 */
struct column {
	const char *name;
	const char *title;
	enum column_kind kind;
};

/**
 * struct table - a table as read
 * @columns: what its fields are
 * @nr_columns: how many
 * @fields: row by row
 * @nr_rows: how many
 * @text: what the fields point into
 */
struct table {
	const struct column *columns;
	size_t nr_columns;
	const char **fields;
	size_t nr_rows;
	char *text;
};

/* Fields the kernel does not give are "-", those it gives beyond are dropped. Returns 0 or -errno. */
int table_read(struct table *table, const char *path, const struct column *columns,
	       size_t nr_columns);
const char *table_field(const struct table *table, size_t row, size_t column);
/* Drop the first rows. */
void table_skip(struct table *table, size_t rows);
/* Drop the rows that have something else in the column. */
void table_keep(struct table *table, size_t column, const char *value);
/* Text in aligned columns under their titles, nothing if there are no rows. */
void table_print(const struct table *table);
/* A JSON array of objects. */
void table_json(const struct table *table, const char *name);
void table_free(struct table *table);

/* Programs that are attached, and those that were (program.c). */
int programs_read(struct table *table);
int exits_read(struct table *table);
enum { PROGRAM_KIND, PROGRAM_NAME };

/* ---- programs ---- */

/**
 * struct kind - a kind of programs
 * @name: "transport" or "provider"
 * @ops: struct tag of its ops
 * @pins: directory of its pinned links
 * @maps: directory of its pinned maps, in a directory for each name
 * @installed: directory of its objects
 */
struct kind {
	const char *name;
	const char *ops;
	const char *pins;
	const char *maps;
	const char *installed;
};

extern const struct kind transport_kind, provider_kind;

/* Whether what a user names is a file and not an installed program (kind.c). */
bool is_object_file(const char *what);

/* attach.c */
int attach(const struct kind *kind, bool replace, int argc, char **argv);
int detach(const struct kind *kind, const char *name);
int detach_all(void);

/* provider.c */
int closed_read(struct table *table);
/* Whether methods are held shut since a provider of that name was evicted. */
bool is_closed(const struct kind *kind, const char *name);
int reopen(const char *name);
int dump(const char *name);

#endif /* COMMAND_H */
