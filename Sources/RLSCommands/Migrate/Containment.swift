import RLSCore
import RLSStorage

/// Whether all of one catalog is in another, which may hold more.
struct Containment: Sendable, Hashable {
    private(set) var mappings = 0
    private(set) var values = 0
    private(set) var definitions = 0
    private(set) var rlis = 0
    private(set) var missing = Skipped()

    /// - Parameter visited: is told how many more have been looked up, and whether to go on
    init(
        of source: any CatalogSource, in target: any CatalogReader, _ skipped: inout Skipped, visited: (Int) -> Visit
    ) throws(StorageError) {
        var found = Containment()
        var failure: StorageError?
        /// Errors do not pass through the walk of the source.
        func check(_ count: Int, _ look: () throws(StorageError) -> Void) -> Visit {
            do throws(StorageError) { try look() } catch { failure = error }
            target.release()
            return failure == nil ? visited(count) : .stop
        }
        try found.addDefinitions(try source.definitions(&skipped), target)
        try source.mappings(from: .beginning, &skipped) { page in
            check(page.count) { () throws(StorageError) in try found.add(page, target) }
        }
        if failure == nil {
            try source.values(&skipped) { page in
                check(page.count) { () throws(StorageError) in try found.add(page, target) }
            }
        }
        if let failure { throw failure }
        try found.addRLIs(try source.rlis(&skipped), target)
        self = found
    }

    private init() {}

    private mutating func addDefinitions(
        _ wanted: [AttributeDefinition], _ target: any CatalogReader
    ) throws(StorageError) {
        let there = Set(try target.attributeDefinitions(.lfn) + target.attributeDefinitions(.pfn))
        definitions = wanted.count
        for definition in wanted where !there.contains(definition) {
            missing.add("attribute \(Skipped.shown(definition.name))")
        }
    }

    private mutating func add(_ page: [Mapping], _ target: any CatalogReader) throws(StorageError) {
        mappings += page.count
        try target.prefetch(page.map { .mapping($0) })
        for mapping in page {
            let (lfn, pfn) = (mapping.lfn.bytes, mapping.pfn.bytes)
            if try target.hasMapping(lfn: lfn.span, pfn: pfn.span) { continue }
            missing.add("mapping \(Skipped.shown(mapping.lfn)) \(Skipped.shown(mapping.pfn))")
        }
    }

    private mutating func add(_ page: [ObjectValue], _ target: any CatalogReader) throws(StorageError) {
        values += page.count
        try target.prefetch(page.map { .attributeValues($0.kind, $0.key) })
        for wanted in page {
            let key = wanted.key.bytes
            let there = try target.attributeValues(wanted.kind, of: key.span)
            if there.contains(NamedValue(name: wanted.name, value: wanted.value)) { continue }
            missing.add("value of \(Skipped.shown(wanted.name)) of \(Skipped.shown(wanted.key))")
        }
    }

    private mutating func addRLIs(_ wanted: [RLIRecord], _ target: any CatalogReader) throws(StorageError) {
        rlis = wanted.count
        let there = try target.rlis()
        for rli in wanted {
            let isThere = there.contains { known in
                known.url == rli.url && known.flags == rli.flags && known.patterns.sorted() == rli.patterns.sorted()
            }
            if !isThere { missing.add("index server \(Skipped.shown(rli.url))") }
        }
    }
}
