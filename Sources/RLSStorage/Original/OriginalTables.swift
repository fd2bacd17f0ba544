import RLSCore

/// A row of the original's `t_map`, and so a place in it: rows are read in this order.
package struct OriginalPosition: Sendable, Hashable {
    package let lfn: Int64
    package let pfn: Int64

    package init(lfn: Int64, pfn: Int64) {
        self.lfn = lfn
        self.pfn = pfn
    }

    /// Before all rows of that logical name.
    package static func before(lfn: Int64) -> OriginalPosition { OriginalPosition(lfn: lfn, pfn: .min) }
    package static let beginning = before(lfn: .min)
}

/// A row of `t_map` with its names; nil where there is no row with that number.
package struct OriginalMapping: Sendable, Hashable {
    package let position: OriginalPosition
    package let lfn: ByteString?
    package let pfn: ByteString?

    package init(position: OriginalPosition, lfn: ByteString?, pfn: ByteString?) {
        self.position = position
        self.lfn = lfn
        self.pfn = pfn
    }
}

/// A row of `t_attribute`.
package struct OriginalAttribute: Sendable, Hashable {
    package let id: Int64
    package let name: ByteString
    package let objectType: Int
    package let valueType: Int

    package init(id: Int64, name: ByteString, objectType: Int, valueType: Int) {
        self.id = id
        self.name = name
        self.objectType = objectType
        self.valueType = valueType
    }
}

/// A row of one of the four tables of values.
package struct OriginalAttributeValue: Sendable, Hashable {
    /// As the database has it: SQLite keeps what it was given, whatever the column's type.
    package enum Content: Sendable, Hashable {
        case integer(Int64)
        case float(Double)
        case text(ByteString)
    }

    package let attribute: Int64
    /// nil when there is no such object, or when it is in no mapping.
    package let key: ByteString?
    package let content: Content?

    package init(attribute: Int64, key: ByteString?, content: Content?) {
        self.attribute = attribute
        self.key = key
        self.content = content
    }
}

/// The catalog's tables of the original Globus RLS, which are only read; by one thread at a time. Everything goes by number:
/// names are compared differently by each database.
package protocol OriginalTables: AnyObject {
    /// For people who wait; nil when it would take long to find out.
    func estimatedMappings() throws(StorageError) -> Int?

    /// The rows behind a position, up to so many.
    func mappings(after position: OriginalPosition, limit: Int) throws(StorageError) -> [OriginalMapping]
    /// The greatest number of a logical name that is in a mapping.
    func lastLFN() throws(StorageError) -> Int64?
    /// The row so many rows before a position, nil when there are fewer.
    func position(_ count: Int, before position: OriginalPosition) throws(StorageError) -> OriginalPosition?
    /// Targets that are in a mapping and have names of such lengths.
    func countTargets(lengths: ClosedRange<Int>) throws(StorageError) -> Int

    func attributes() throws(StorageError) -> [OriginalAttribute]
    /// All values of attributes of that type on objects of that kind, in pages.
    func values(
        of type: AttributeType, on kind: NameKind, visit: ([OriginalAttributeValue]) -> Visit
    ) throws(StorageError)

    func rlis() throws(StorageError) -> [RLIRecord]
}

/// Names of the original's tables.
package enum OriginalTable {
    /// Without these there is no catalog.
    package static let required: Set<String> = ["t_lfn", "t_pfn", "t_map"]
    /// An index has this one instead of `t_pfn`.
    package static let ofIndex = "t_lrc"
    package static let attributes = "t_attribute"
    package static let rlis = "t_rli"
    package static let partitions = "t_rlipartition"

    package static func names(_ kind: NameKind) -> String { kind == .lfn ? "t_lfn" : "t_pfn" }
    package static func column(_ kind: NameKind) -> String { kind == .lfn ? "lfn_id" : "pfn_id" }

    package static func values(_ type: AttributeType) -> String {
        switch type {
        case .date: "t_date_attr"
        case .float: "t_flt_attr"
        case .int: "t_int_attr"
        case .string: "t_str_attr"
        }
    }

    /// All of them.
    package static let all =
        required.union([ofIndex, attributes, rlis, partitions]).union(AttributeType.allCases.map(values))
}
