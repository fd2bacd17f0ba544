import RLSCore

/// The parameters of one statement in PostgreSQL's binary format, as its "send" and "recv" functions define it.
package struct PostgreSQLParameters {
    /// Numbers of types, from PostgreSQL's pg_type.dat.
    enum TypeNumber: UInt32 {
        case bytea = 17
        case int8 = 20
        case text = 25
        case float8 = 701
        case byteaArray = 1001
        case int8Array = 1016
        case float8Array = 1022
        case uuid = 2950
    }

    private(set) var bytes: [UInt8] = []
    /// Where each parameter ends.
    private(set) var ends: [Int] = []
    private(set) var types: [TypeNumber] = []

    package init() {}

    private mutating func close(_ type: TypeNumber) {
        ends.append(bytes.count)
        types.append(type)
    }

    private mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    // MARK: Single values

    package mutating func add(_ value: ByteString) {
        bytes += value.bytes
        close(.bytea)
    }

    package mutating func add(_ value: Int) {
        put(Int64(value))
        close(.int8)
    }

    mutating func add(_ value: Double) {
        put(value.bitPattern)
        close(.float8)
    }

    mutating func add(text: String) {
        bytes += text.utf8
        close(.text)
    }

    mutating func add(_ id: ServerID) {
        bytes += id.bytes
        close(.uuid)
    }

    // MARK: Arrays

    private mutating func begin(_ count: Int, of element: TypeNumber, hasNulls: Bool = false) {
        // An empty array has no dimension.
        put(Int32(count == 0 ? 0 : 1))
        put(Int32(hasNulls ? 1 : 0))
        put(element.rawValue)
        if count == 0 { return }
        put(Int32(count))
        put(Int32(1))
    }

    package mutating func add(_ values: [ByteString]) {
        bytes.reserveCapacity(bytes.count + 20 + values.reduce(0) { $0 + $1.count + 4 })
        begin(values.count, of: .bytea)
        for value in values {
            put(Int32(value.count))
            bytes += value.bytes
        }
        close(.byteaArray)
    }

    package mutating func add(_ values: [Int]) {
        begin(values.count, of: .int8)
        for value in values {
            put(Int32(8))
            put(Int64(value))
        }
        close(.int8Array)
    }

    /// nil as NULL.
    package mutating func add(orNull values: [ByteString?]) {
        begin(values.count, of: .bytea, hasNulls: values.contains(nil))
        for value in values {
            put(Int32(value?.count ?? -1))
            if let value { bytes += value.bytes }
        }
        close(.byteaArray)
    }

    /// nil as NULL.
    package mutating func add(orNull values: [Int?]) {
        begin(values.count, of: .int8, hasNulls: values.contains(nil))
        for value in values {
            put(Int32(value == nil ? -1 : 8))
            if let value { put(Int64(value)) }
        }
        close(.int8Array)
    }

    mutating func add(_ values: [Double]) {
        begin(values.count, of: .float8)
        for value in values {
            put(Int32(8))
            put(value.bitPattern)
        }
        close(.float8Array)
    }

    // MARK: Names

    /// Two parameters: head and tail.
    package mutating func add(name: StoredName) {
        add(name.head)
        add(name.tail)
    }

    /// Two parameters: heads and tails.
    package mutating func add(names: [StoredName]) {
        add(names.map(\.head))
        add(names.map(\.tail))
    }
}
