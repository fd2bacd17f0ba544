import RLSCore
import RLSStorage

/// A catalog of the original Globus RLS. Mappings come in the order of their numbers.
final class OriginalSource: CatalogSource {
    private let tables: any OriginalTables
    private var known: [Int64: AttributeDefinition]?

    init(_ tables: any OriginalTables) { self.tables = tables }

    func estimatedMappings() throws(StorageError) -> Int? { try tables.estimatedMappings() }

    func countTargets() throws(StorageError) -> Int {
        try tables.countTargets(lengths: 1...NameLimits.maximumLength)
    }

    // MARK: Mappings

    func mappings(
        from position: CopyPosition, _ skipped: inout Skipped, visit: ([Mapping]) -> Visit
    ) throws(StorageError) {
        var last = OriginalPosition.beginning
        if case .row(let row) = position { last = row }
        while true {
            let rows = try tables.mappings(after: last, limit: SourcePage.rows)
            guard let end = rows.last?.position else { return }
            var page: [Mapping] = []
            page.reserveCapacity(rows.count)
            for row in rows {
                // Nothing may have kept a row from being there twice.
                if row.position == last { continue }
                last = row.position
                guard let mapping = row.mapping else {
                    skipped.orphans += 1
                    continue
                }
                if skipped.admits(mapping) { page.append(mapping) }
            }
            last = end
            if !page.isEmpty && visit(page) == .stop { return }
        }
    }

    // MARK: Going on

    func position(in target: any CatalogReader, slack: Int) throws(StorageError) -> CopyPosition? {
        guard try isBegun(in: target, slack) else { return nil }
        guard let name = try lastName(in: target) else { return .beginning }
        // What was on its way when the copy ended may have left gaps shortly before.
        return try tables.position(slack, before: .before(lfn: name)).map { .row($0) } ?? .beginning
    }

    /// Whether any of the mappings that a copy begins with is there.
    private func isBegun(in target: any CatalogReader, _ slack: Int) throws(StorageError) -> Bool {
        var (skipped, count) = (Skipped(), 0)
        var outcome = Result<Bool, StorageError>.success(false)
        try mappings(from: .beginning, &skipped) { page in
            count += page.count
            outcome = Result { () throws(StorageError) in try target.hasAny(of: page) }
            if case .success(false) = outcome, count < slack { return .next }
            return .stop
        }
        return try outcome.get()
    }

    /// The last logical name whose first mapping is there. The copy has our order: names before it are there.
    private func lastName(in target: any CatalogReader) throws(StorageError) -> Int64? {
        guard var low = try firstMapping(from: .min)?.lfn, let last = try tables.lastLFN() else { return nil }
        var high = last + 1
        var name: Int64?
        while low < high {
            let middle = low + (high - low) / 2
            if let first = try firstMapping(from: middle), try target.hasAny(of: [first.mapping]) {
                name = first.lfn
                low = first.lfn + 1
            } else {
                high = middle
            }
        }
        return name
    }

    /// The first at or behind that number which a catalog can hold.
    private func firstMapping(from lfn: Int64) throws(StorageError) -> (lfn: Int64, mapping: Mapping)? {
        var position = OriginalPosition.before(lfn: lfn)
        var skipped = Skipped()
        while true {
            let rows = try tables.mappings(after: position, limit: 10)
            for row in rows {
                if let mapping = row.mapping, skipped.admits(mapping) { return (row.position.lfn, mapping) }
            }
            guard let last = rows.last else { return nil }
            position = last.position
        }
    }

    // MARK: Attributes

    func definitions(_ skipped: inout Skipped) throws(StorageError) -> [AttributeDefinition] {
        Array(try definitionsByNumber(&skipped).values)
    }

    private func definitionsByNumber(
        _ skipped: inout Skipped
    ) throws(StorageError) -> [Int64: AttributeDefinition] {
        if let known { return known }
        var found: [Int64: AttributeDefinition] = [:]
        for row in try tables.attributes() {
            guard let kind = NameKind(rawValue: row.objectType), let type = AttributeType(rawValue: row.valueType)
            else {
                skipped.add(
                    "attribute \(Skipped.shown(row.name)): object type \(row.objectType), type \(row.valueType)")
                continue
            }
            let definition = AttributeDefinition(name: row.name, kind: kind, type: type)
            if skipped.admits(definition) { found[row.id] = definition }
        }
        known = found
        return found
    }

    func values(_ skipped: inout Skipped, visit: ([ObjectValue]) -> Visit) throws(StorageError) {
        let definitions = try definitionsByNumber(&skipped)
        for definition in Set(definitions.values.map { Column(kind: $0.kind, type: $0.type) }).sorted() {
            var isStopped = false
            try tables.values(of: definition.type, on: definition.kind) { rows in
                let page = rows.compactMap { value($0, definitions, &skipped) }
                isStopped = !page.isEmpty && visit(page) == .stop
                return isStopped ? .stop : .next
            }
            if isStopped { return }
        }
    }

    private func value(
        _ row: OriginalAttributeValue, _ definitions: [Int64: AttributeDefinition], _ skipped: inout Skipped
    ) -> ObjectValue? {
        guard let key = row.key else {
            skipped.orphans += 1
            return nil
        }
        guard let definition = definitions[row.attribute] else { return nil }
        guard let content = row.content, let value = AttributeValue(content, as: definition.type) else {
            skipped.add(
                "value of \(Skipped.shown(definition.name)) of \(Skipped.shown(key)): no \(definition.type.name)")
            return nil
        }
        let found = ObjectValue(kind: definition.kind, key: key, name: definition.name, value: value)
        return skipped.admits(found) ? found : nil
    }

    // MARK: Index servers

    func rlis(_ skipped: inout Skipped) throws(StorageError) -> [RLIRecord] {
        var records: [RLIRecord] = []
        for row in try tables.rlis() {
            if let problem = Skipped.problem(row.url) {
                skipped.add("index server \(Skipped.shown(row.url)): \(problem)")
                continue
            }
            let patterns = Set(row.patterns.filter { !$0.isEmpty }).sorted()
            records.append(RLIRecord(url: row.url, flags: row.flags, lastUpdate: 0, patterns: patterns))
        }
        return records
    }
}

/// Values of one kind and type lie together.
private struct Column: Hashable, Comparable {
    let kind: NameKind
    let type: AttributeType

    static func < (left: Column, right: Column) -> Bool {
        (left.kind.rawValue, left.type.rawValue) < (right.kind.rawValue, right.type.rawValue)
    }
}

extension OriginalMapping {
    /// nil when a name is missing.
    fileprivate var mapping: Mapping? {
        guard let lfn, let pfn else { return nil }
        return Mapping(lfn: lfn, pfn: pfn)
    }
}

extension CatalogReader {
    fileprivate func hasAny(of mappings: [Mapping]) throws(StorageError) -> Bool {
        try prefetch(mappings.map { .mapping($0) })
        defer { release() }
        for mapping in mappings {
            let (lfn, pfn) = (mapping.lfn.bytes, mapping.pfn.bytes)
            if try hasMapping(lfn: lfn.span, pfn: pfn.span) { return true }
        }
        return false
    }
}
