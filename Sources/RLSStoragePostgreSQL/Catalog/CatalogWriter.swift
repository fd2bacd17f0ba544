import RLSCore
import RLSStorage

/// Queues rows to be written, as statements over arrays.
struct CatalogWriter {
    private static let portion = 5_000

    let connection: PostgreSQLConnection

    func write(_ writes: CatalogWrites) throws(StorageError) {
        for portion in writes.removed.portions(Self.portion) { try send(CatalogSQL.deleteMappings, portion) }
        // In the order of the first index: neighbours share its pages.
        for portion in writes.inserted.sorted().portions(Self.portion) { try send(CatalogSQL.insertMappings, portion) }
        for kind in NameKind.allCases { try forget(writes.forgotten.filter { $0.kind == kind }.map(\.name), kind) }
        if !writes.values.isEmpty { try write(writes.values) }
    }

    private func send(_ text: String, _ mappings: ArraySlice<Mapping>) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(mappings: mappings)
        try connection.send(text, parameters)
    }

    private func forget(_ names: [ByteString], _ kind: NameKind) throws(StorageError) {
        for portion in names.portions(Self.portion) {
            var parameters = PostgreSQLParameters()
            parameters.add(kind.rawValue)
            parameters.add(names: portion.map { StoredName($0) })
            try connection.send(CatalogSQL.forget, parameters)
        }
    }

    // MARK: Attribute values

    private func write(_ values: [CatalogWrites.Value]) throws(StorageError) {
        var integers: [(CatalogWrites.Value, Int)] = []
        var floats: [(CatalogWrites.Value, Double)] = []
        var strings: [(CatalogWrites.Value, ByteString)] = []
        var removed: [CatalogWrites.Value] = []
        for row in values {
            switch row.value {
            case .date(let date): integers.append((row, Int(date.packed)))
            case .int(let number): integers.append((row, Int(number)))
            case .float(let number): floats.append((row, number))
            case .string(let bytes): strings.append((row, bytes))
            case nil: removed.append(row)
            }
        }
        for portion in removed.portions(Self.portion) { try send(CatalogSQL.deleteValues, portion) { _ in } }
        for portion in integers.portions(Self.portion) {
            try send(CatalogSQL.setIntegers, portion.map(\.0)) { $0.add(portion.map(\.1)) }
        }
        for portion in floats.portions(Self.portion) {
            try send(CatalogSQL.setFloats, portion.map(\.0)) { $0.add(portion.map(\.1)) }
        }
        for portion in strings.portions(Self.portion) {
            try send(CatalogSQL.setStrings, portion.map(\.0)) { $0.add(portion.map(\.1)) }
        }
    }

    private func send(
        _ text: String, _ rows: some Collection<CatalogWrites.Value>, addValues: (inout PostgreSQLParameters) -> Void
    ) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(rows.map { Int($0.attribute) })
        parameters.add(names: rows.map { StoredName($0.name) })
        addValues(&parameters)
        try connection.send(text, parameters)
    }
}
