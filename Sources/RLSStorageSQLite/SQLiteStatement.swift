import CSQLite
import RLSCore
import RLSStorage

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
package final class SQLiteStatement {
    private let handle: OpaquePointer
    // The connection outlives its statements: it owns the cached ones, callers hold it for the others.
    private unowned let connection: SQLiteConnection

    init(_ sql: String, on connection: SQLiteConnection) throws(StorageError) {
        var prepared: OpaquePointer?
        try connection.check(
            sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared else { throw StorageError(.other, "\(connection.path): empty SQL statement") }
        handle = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Parameters

    @discardableResult
    package func bind(_ index: Int32, _ bytes: ByteString) throws(StorageError) -> SQLiteStatement {
        let code = bytes.bytes.withUnsafeBytes {
            rls_sqlite_bind_copy(handle, index, $0.baseAddress, Int32($0.count))
        }
        try connection.check(code)
        return self
    }

    @discardableResult
    package func bind(_ index: Int32, _ number: Int64) throws(StorageError) -> SQLiteStatement {
        try connection.check(sqlite3_bind_int64(handle, index, number))
        return self
    }

    @discardableResult
    package func bind(_ index: Int32, _ number: Int) throws(StorageError) -> SQLiteStatement {
        try bind(index, Int64(number))
    }

    @discardableResult
    package func bind(_ index: Int32, _ value: AttributeValue) throws(StorageError) -> SQLiteStatement {
        switch value {
        case .date(let date): return try bind(index, date.packed)
        case .int(let number): return try bind(index, number)
        case .string(let bytes): return try bind(index, bytes)
        case .float(let number):
            try connection.check(sqlite3_bind_double(handle, index, number))
            return self
        }
    }

    /// Without a copy: the bytes must stay until `reset`.
    func bindBorrowed(_ index: Int32, _ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try connection.check(rls_sqlite_bind_static(handle, index, bytes.baseAddress, Int32(bytes.count)))
    }

    @discardableResult
    package func bind(_ index: Int32, _ number: Double) throws(StorageError) -> SQLiteStatement {
        try connection.check(sqlite3_bind_double(handle, index, number))
        return self
    }

    @discardableResult
    package func bindNull(_ index: Int32) throws(StorageError) -> SQLiteStatement {
        try connection.check(sqlite3_bind_null(handle, index))
        return self
    }

    /// Text, for columns that are compared with text in SQL.
    @discardableResult
    package func bind(_ index: Int32, text: String) throws(StorageError) -> SQLiteStatement {
        try connection.check(rls_sqlite_bind_text(handle, index, text, Int32(text.utf8.count)))
        return self
    }

    // MARK: Running

    /// True when there is a row to read.
    package func step() throws(StorageError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = connection.error(code)
            reset()
            throw error
        }
    }

    /// Ends the current run; parameters stay bound.
    package func reset() { sqlite3_reset(handle) }

    /// Runs a statement that yields no rows; returns how many rows it changed.
    @discardableResult
    package func run() throws(StorageError) -> Int {
        defer { reset() }
        _ = try step()
        return Int(sqlite3_changes(connection.handle))
    }

    /// Whether there is a row.
    package func hasRow() throws(StorageError) -> Bool {
        defer { reset() }
        return try step()
    }

    // MARK: Columns of the current row

    package func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

    /// The bytes of a column for the time of the call.
    package func withBytes<Result>(_ column: Int32, _ body: (Span<UInt8>) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        let bytes = UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
        return body(bytes.bindMemory(to: UInt8.self).span)
    }

    package func number(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    /// nil for NULL.
    package func text(_ column: Int32) -> String? {
        sqlite3_column_text(handle, column).map { String(cString: $0) }
    }

    package func bytes(_ column: Int32) -> ByteString { withBytes(column) { ByteString($0) } }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// A value of a database that is not ours, where any column may hold any type; text as UTF-8 whatever the file's encoding.
    func content(_ column: Int32) -> OriginalAttributeValue.Content? {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: return .float(sqlite3_column_double(handle, column))
        case SQLITE_BLOB: return .text(bytes(column))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .text(ByteString(UnsafeBufferPointer(start: start, count: count)))
        default: return nil
        }
    }

    /// The bytes of a name in a database that is not ours; nil for NULL.
    func storedText(_ column: Int32) -> ByteString? {
        switch content(column) {
        case .text(let bytes): bytes
        case .integer(let number): ByteString("\(number)")
        case .float, nil: nil
        }
    }

    /// nil when the stored value is not of the type: only a hand-edited database has such.
    func value(_ column: Int32, as type: AttributeType) -> AttributeValue? {
        switch type {
        case .date: CatalogDate(packed: sqlite3_column_int64(handle, column)).map { .date($0) }
        case .float: .float(sqlite3_column_double(handle, column))
        case .int: .int(sqlite3_column_int64(handle, column))
        case .string: .string(bytes(column))
        }
    }
}
