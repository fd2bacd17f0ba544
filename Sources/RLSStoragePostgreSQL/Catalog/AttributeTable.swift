import RLSCore
import RLSStorage

/// All attributes that are defined; there are few.
struct AttributeTable {
    private struct Key: Hashable {
        let kind: NameKind
        let name: ByteString
    }

    private var attributes: [Key: StoredAttribute] = [:]

    init() {}

    /// - Parameter result: of CatalogSQL.attributes
    init(_ result: PostgreSQLResult) {
        for row in 0..<result.count {
            guard let kind = NameKind(rawValue: result.integer(row, 1)),
                let type = AttributeType(rawValue: result.integer(row, 3))
            else { continue }
            let definition = AttributeDefinition(name: result.bytes(row, 2), kind: kind, type: type)
            add(StoredAttribute(id: Int64(result.integer(row, 0)), definition: definition))
        }
    }

    subscript(kind: NameKind, name: ByteString) -> StoredAttribute? { attributes[Key(kind: kind, name: name)] }

    mutating func add(_ attribute: StoredAttribute) {
        attributes[Key(kind: attribute.definition.kind, name: attribute.definition.name)] = attribute
    }

    mutating func remove(_ attribute: StoredAttribute) {
        attributes[Key(kind: attribute.definition.kind, name: attribute.definition.name)] = nil
    }

    /// Ascending by name.
    func definitions(_ kind: NameKind) -> [AttributeDefinition] {
        attributes.values.map(\.definition).filter { $0.kind == kind }.sorted { $0.name < $1.name }
    }
}
