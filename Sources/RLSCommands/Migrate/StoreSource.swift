import RLSCore
import RLSStorage

/// A catalog of ours. Mappings come in bytewise order of their names.
final class StoreSource: CatalogSource {
    private let reader: any CatalogReader
    private let counts: () throws(StorageError) -> CatalogCounts

    init(_ reader: any CatalogReader, counts: @escaping () throws(StorageError) -> CatalogCounts) {
        self.reader = reader
        self.counts = counts
    }

    func estimatedMappings() throws(StorageError) -> Int? { try counts().mappings }
    func countTargets() throws(StorageError) -> Int { try counts().pfns }

    func definitions(_ skipped: inout Skipped) throws(StorageError) -> [AttributeDefinition] {
        try reader.attributeDefinitions(.lfn) + reader.attributeDefinitions(.pfn)
    }

    func rlis(_ skipped: inout Skipped) throws(StorageError) -> [RLIRecord] { try reader.rlis() }

    func mappings(
        from position: CopyPosition, _ skipped: inout Skipped, visit: ([Mapping]) -> Visit
    ) throws(StorageError) {
        var after: MappingPosition?
        // No target is empty: all of them are behind that.
        if case .name(let name) = position { after = MappingPosition(name: name, partner: .empty) }
        var page: [Mapping] = []
        var (bytes, name, wish) = (0, ByteString.empty, Visit.next)
        try reader.mappings(by: .lfn, prefix: .empty, order: .ascending, after: after) { lfn, pfn in
            let last = name.bytes
            if !lfn.equals(last.span) { name = ByteString(lfn) }
            let mapping = Mapping(lfn: name, pfn: ByteString(pfn))
            if skipped.admits(mapping) { page.append(mapping) }
            bytes += lfn.count + pfn.count
            if page.count == SourcePage.rows || bytes > SourcePage.bytes {
                wish = visit(page)
                (page, bytes) = ([], 0)
            }
            return wish
        }
        if wish == .next && !page.isEmpty { _ = visit(page) }
    }

    func values(_ skipped: inout Skipped, visit: ([ObjectValue]) -> Visit) throws(StorageError) {
        for definition in try definitions(&skipped) {
            if try values(of: definition, &skipped, visit: visit) == .stop { return }
        }
    }

    private func values(
        of definition: AttributeDefinition, _ skipped: inout Skipped, visit: ([ObjectValue]) -> Visit
    ) throws(StorageError) -> Visit {
        var page: [ObjectValue] = []
        var wish = Visit.next
        try reader.search(definition, .any, after: nil) { key, value, _ in
            let row = ObjectValue(kind: definition.kind, key: ByteString(key), name: definition.name, value: value)
            if skipped.admits(row) { page.append(row) }
            if page.count == SourcePage.rows {
                wish = visit(page)
                page = []
            }
            return wish
        }
        return wish == .next && !page.isEmpty ? visit(page) : wish
    }

    /// The copy has our order, so its last mapping tells. What was on its way when it ended may have left gaps shortly before.
    func position(in target: any CatalogReader, slack: Int) throws(StorageError) -> CopyPosition? {
        var last: Mapping?
        var first = ByteString.empty
        var count = 0
        try target.mappings(by: .lfn, prefix: .empty, order: .namesDescending, after: nil) { lfn, pfn in
            if last == nil { last = Mapping(lfn: ByteString(lfn), pfn: ByteString(pfn)) }
            count += 1
            if count < slack { return .next }
            first = ByteString(lfn)
            return .stop
        }
        guard let last, try reader.hasMapping(lfn: last.lfn.bytes.span, pfn: last.pfn.bytes.span) else { return nil }
        return first.isEmpty ? .beginning : .name(first)
    }
}
