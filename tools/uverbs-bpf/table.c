// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's tables under /proc/uverbs_bpf. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "json.h"

static char *read_all(const char *path)
{
	size_t size = 0, room = 0, n;
	char *text = NULL, *more;
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return NULL;
	do {
		if (room - size < 2) {
			room += 4096;
			more = realloc(text, room);
			if (!more)
				goto err;
			text = more;
		}
		n = fread(text + size, 1, room - size - 1, file);
		size += n;
	} while (n);
	if (ferror(file))
		goto err;
	fclose(file);
	text[size] = '\0';
	return text;

err:
	free(text);
	fclose(file);
	return NULL;
}

int table_read(struct table *table, const char *path, const struct column *columns,
	       size_t nr_columns)
{
	const char **row;
	char *line, *next, *p;
	size_t rows = 0;
	size_t i;

	*table = (struct table) { .columns = columns, .nr_columns = nr_columns };
	errno = 0;
	table->text = read_all(path);
	if (!table->text)
		return errno ? -errno : -EIO;
	for (p = table->text; *p; p++)
		rows += *p == '\n';
	table->fields = calloc(rows * nr_columns + 1, sizeof(*table->fields));
	if (!table->fields) {
		table_free(table);
		return -ENOMEM;
	}

	for (line = table->text; rows--; line = next) {
		row = table->fields + table->nr_rows++ * nr_columns;
		next = strchr(line, '\n');
		*next++ = '\0';
		for (i = 0; i < nr_columns; i++) {
			row[i] = line ? strsep(&line, "\t") : "-";
		}
	}
	return 0;
}

const char *table_field(const struct table *table, size_t row, size_t column)
{
	return table->fields[row * table->nr_columns + column];
}

void table_skip(struct table *table, size_t rows)
{
	table->nr_rows -= rows;
	memmove(table->fields, table->fields + rows * table->nr_columns,
		table->nr_rows * table->nr_columns * sizeof(*table->fields));
}

void table_keep(struct table *table, size_t column, const char *value)
{
	size_t row, kept = 0;

	for (row = 0; row < table->nr_rows; row++) {
		if (strcmp(table_field(table, row, column), value))
			continue;
		memmove(&table->fields[kept++ * table->nr_columns],
			&table->fields[row * table->nr_columns],
			table->nr_columns * sizeof(*table->fields));
	}
	table->nr_rows = kept;
}

/* As text: the title for row -1. @buf is for what is not shown as the kernel has it. */
static const char *cell(const struct table *table, ssize_t row, size_t column, char *buf,
			size_t size)
{
	const char *field;
	struct tm tm;
	time_t time;

	if (row < 0)
		return table->columns[column].title;
	field = table_field(table, row, column);
	if (table->columns[column].kind != COLUMN_TIME)
		return field;
	time = strtoll(field, NULL, 10);
	strftime(buf, size, "%F %T", localtime_r(&time, &tm));
	return buf;
}

void table_print(const struct table *table)
{
	ssize_t row, rows = table->nr_rows;
	size_t width[MAX_COLUMNS] = {};
	size_t i, len, last = 0;
	char buf[32];

	if (!rows)
		return;
	for (i = 0; i < table->nr_columns; i++) {
		if (!table->columns[i].title)
			continue;
		last = i;
		for (row = -1; row < rows; row++) {
			len = strlen(cell(table, row, i, buf, sizeof(buf)));
			if (len > width[i])
				width[i] = len;
		}
	}
	for (row = -1; row < rows; row++) {
		for (i = 0; i < last; i++) {
			if (table->columns[i].title)
				printf("%-*s  ", (int)width[i],
				       cell(table, row, i, buf, sizeof(buf)));
		}
		printf("%s\n", cell(table, row, last, buf, sizeof(buf)));
	}
}

void table_json(const struct table *table, const char *name)
{
	size_t i, row;

	json_array(name);
	for (row = 0; row < table->nr_rows; row++) {
		json_object(NULL);
		for (i = 0; i < table->nr_columns; i++) {
			const char *field = table_field(table, row, i);

			if (!strcmp(field, "-"))
				json_null(table->columns[i].name);
			else if (table->columns[i].kind != COLUMN_TEXT && field[0] == '-')
				json_signed(table->columns[i].name, strtoll(field, NULL, 0));
			else if (table->columns[i].kind != COLUMN_TEXT)
				json_number(table->columns[i].name, strtoull(field, NULL, 0));
			else
				json_string(table->columns[i].name, field);
		}
		json_object_end();
	}
	json_array_end();
}

void table_free(struct table *table)
{
	free(table->fields);
	free(table->text);
	*table = (struct table) {};
}
