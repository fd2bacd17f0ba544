import RLSCore
import RLSFilter
import RLSStorage

/// How many of something, and a checksum of them that does not depend on their order: the sums of the halves of their hashes.
struct Tally: Sendable, Hashable {
    private(set) var count = 0
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    fileprivate mutating func add(_ bytes: Span<UInt8>) {
        let hash = XXH3.hash(bytes)
        count += 1
        low &+= hash.low
        high &+= hash.high
    }
}

/// What two catalogs are compared by.
struct CatalogSummary: Sendable, Hashable {
    private(set) var mappings = Tally()
    private(set) var lfns = 0
    private(set) var pfns = 0
    private(set) var definitions = Tally()
    private(set) var values = Tally()
    private(set) var rlis = Tally()

    /// Goes through all of a catalog.
    /// - Parameter visited: is told how many more have been seen, and whether to go on
    init(
        _ source: any CatalogSource, _ skipped: inout Skipped, visited: (Int) -> Visit
    ) throws(StorageError) {
        var (all, wish) = (CatalogSummary(), Visit.next)
        var hasher = RowHasher()
        for definition in try source.definitions(&skipped) {
            all.definitions.add(&hasher, [definition.kind.mark, definition.name, definition.type.mark])
        }
        var last = ByteString.empty
        try source.mappings(from: .beginning, &skipped) { page in
            for mapping in page {
                all.mappings.add(&hasher, mapping)
                if mapping.lfn != last { all.lfns += 1 }
                last = mapping.lfn
            }
            wish = visited(page.count)
            return wish
        }
        if wish == .next {
            try source.values(&skipped) { page in
                for value in page {
                    all.values.add(
                        &hasher, [value.kind.mark, value.key, value.name, value.value.type.mark, value.value.text])
                }
                return visited(page.count)
            }
        }
        all.pfns = try source.countTargets()
        for rli in try source.rlis(&skipped) {
            all.rlis.add(&hasher, [rli.url, "\(rli.flags)"] + rli.patterns.sorted())
        }
        self = all
    }

    private init() {}
}

/// Fields with a NUL between them; there is none in a name.
private struct RowHasher {
    private var bytes: [UInt8] = []

    mutating func hash(_ fields: [ByteString], into tally: inout Tally) {
        bytes.removeAll(keepingCapacity: true)
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(0) }
            bytes += field.bytes
        }
        tally.add(bytes.span)
    }

    mutating func hash(_ mapping: Mapping, into tally: inout Tally) {
        bytes.removeAll(keepingCapacity: true)
        bytes += mapping.lfn.bytes
        bytes.append(0)
        bytes += mapping.pfn.bytes
        tally.add(bytes.span)
    }
}

extension Tally {
    fileprivate mutating func add(_ hasher: inout RowHasher, _ fields: [ByteString]) {
        hasher.hash(fields, into: &self)
    }
    fileprivate mutating func add(_ hasher: inout RowHasher, _ mapping: Mapping) { hasher.hash(mapping, into: &self) }
}

extension NameKind {
    fileprivate var mark: ByteString { self == .lfn ? "l" : "p" }
}

extension AttributeType {
    fileprivate var mark: ByteString { ["d", "f", "i", "s"][rawValue] }
}
