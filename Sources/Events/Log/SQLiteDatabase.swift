import CSQLite
import System

/// A database of SQLite, open. Used from one thread at a time.
package final class SQLiteDatabase {
    /// Why SQLite did not do what it was asked.
    package struct Failure: Error, CustomStringConvertible {
        let code: Int32
        package let description: String

        /// True where the disk is full.
        var isFull: Bool { code & 0xff == SQLITE_FULL }
    }

    /// A value of a row, or for a place in a statement.
    package enum Value {
        case integer(Int64)
        case text(String)
        case null
    }

    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - isReadOnly: true to make none where there is none, and to change nothing.
    ///   - patience: milliseconds that another program's writing is waited for.
    package init(path: String, isReadOnly: Bool = false, patience: Int32 = 3000) throws(Failure) {
        var opened: OpaquePointer?
        let flags = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = FileName.withCString(path) {
            sqlite3_open_v2($0, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        }
        guard code == SQLITE_OK, let opened else {
            let words = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
            sqlite3_close_v2(opened)
            throw Failure(code: code, description: words)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, patience)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Does what a statement says, with values in the places of its question marks, and gives each row to `row`.
    package func run(
        _ sql: String, _ values: [Value] = [], row: (Row) -> Void = { _ in }
    ) throws(Failure) {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch value {
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .text(let text):
                    raut_sqlite_bind_text(statement, place, text, Int32(clamping: text.utf8.count))
                case .null: sqlite3_bind_null(statement, place)
                }
            guard code == SQLITE_OK else { throw failure(code) }
        }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code) }
            row(Row(statement: statement))
        }
    }

    /// The key of the row that was added last.
    var lastKey: Int64 { sqlite3_last_insert_rowid(handle) }

    /// One row of an answer.
    package struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
        /// A text in UTF-8.
        func bytes(_ column: Int32) -> [UInt8] {
            // The text first, as SQLite may turn it into UTF-8 and only then knows its length.
            guard let text = sqlite3_column_text(statement, column) else { return [] }
            return Array(
                UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column))))
        }
    }

    private func prepared(_ sql: String) throws(Failure) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        statements[sql] = statement
        return statement
    }

    private func failure(_ code: Int32) -> Failure {
        Failure(code: code, description: String(cString: sqlite3_errmsg(handle)))
    }
}
