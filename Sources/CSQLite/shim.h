#pragma once
#include <sqlite3.h>

/* SQLITE_TRANSIENT is a cast macro: SQLite copies the bytes before the call returns. */
static inline int raut_sqlite_bind_text(sqlite3_stmt *statement, int place, const char *text, int count) {
    return sqlite3_bind_text(statement, place, text, count, SQLITE_TRANSIENT);
}
