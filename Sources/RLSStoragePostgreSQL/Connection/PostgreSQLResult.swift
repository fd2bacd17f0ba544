import CPostgreSQL
import RLSCore

/// The rows of one statement, in binary format.
package final class PostgreSQLResult {
    private let handle: OpaquePointer

    /// Takes over the handle.
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { PQclear(handle) }

    var status: ExecStatusType { PQresultStatus(handle) }
    package var count: Int { Int(PQntuples(handle)) }

    package func isNull(_ row: Int, _ column: Int32) -> Bool { PQgetisnull(handle, Int32(row), column) == 1 }

    func isEmpty(_ row: Int, _ column: Int32) -> Bool { PQgetlength(handle, Int32(row), column) == 0 }

    func withBytes<Value>(_ row: Int, _ column: Int32, _ body: (Span<UInt8>) -> Value) -> Value {
        let start = PQgetvalue(handle, Int32(row), column)
        let count = Int(PQgetlength(handle, Int32(row), column))
        return UnsafeRawBufferPointer(start: start, count: count).withMemoryRebound(to: UInt8.self) { body($0.span) }
    }

    package func bytes(_ row: Int, _ column: Int32) -> ByteString { withBytes(row, column) { ByteString($0) } }

    /// Of int2, int4 or int8.
    package func integer(_ row: Int, _ column: Int32) -> Int {
        withBytes(row, column) { bytes in
            guard bytes.count > 0 else { return 0 }
            var number = bytes[0] & 0x80 == 0 ? 0 : -1
            for index in 0..<bytes.count { number = number << 8 | Int(bytes[index]) }
            return number
        }
    }

    package func boolean(_ row: Int, _ column: Int32) -> Bool { withBytes(row, column) { $0.count == 1 && $0[0] == 1 } }

    func float(_ row: Int, _ column: Int32) -> Double {
        Double(bitPattern: UInt64(bitPattern: Int64(integer(row, column))))
    }

    /// A name in two columns, head and tail, as a whole.
    package func name(_ row: Int, _ column: Int32) -> ByteString {
        let tail = bytes(row, column + 1)
        return tail.isEmpty ? bytes(row, column) : bytes(row, column) + tail
    }

    func withName<Value>(_ row: Int, _ column: Int32, _ body: (Span<UInt8>) -> Value) -> Value {
        if PQgetlength(handle, Int32(row), column + 1) == 0 { return withBytes(row, column, body) }
        let whole = name(row, column).bytes
        return body(whole.span)
    }

    // MARK: Errors

    func field(_ code: Character) -> String {
        guard let ascii = code.asciiValue, let text = PQresultErrorField(handle, Int32(ascii)) else { return "" }
        return String(cString: text)
    }

    var state: String { field("C") }
    var message: String { field("M") }
}
