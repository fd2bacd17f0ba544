import RLSCore
import RLSStorage

/// What the rules will ask about a group of changes, asked in one journey.
struct CatalogInquiry {
    /// Rows of one statement: it must end within the database's time-out.
    private static let portion = 10_000

    private var mappings: [Mapping] = []
    /// With the most that is worth counting.
    private var caps: [ObjectName: Int] = [:]
    private var lfns: [Asked] = []
    private var pfns: [Asked] = []
    private var values: [(name: ObjectName, attribute: Int64)] = []

    /// - Parameters:
    ///   - changes: up to the first that makes all knowledge void, itself included
    ///   - attributes: those that are defined
    init(_ changes: ArraySlice<Change>, _ attributes: AttributeTable?) {
        for change in changes {
            add(change, attributes)
            if change.voidsFacts { break }
        }
        // Once: results come in the order of the questions, and a dictionary's is another each time.
        for (name, cap) in caps {
            if name.kind == .lfn { lfns.append((name, cap)) } else { pfns.append((name, cap)) }
        }
    }

    private mutating func add(_ change: Change, _ attributes: AttributeTable?) {
        switch change {
        case .create(let mapping): add(mapping, asks: false, removes: false)
        case .add(let mapping), .ensure(let mapping): add(mapping, asks: true, removes: false)
        case .delete(let mapping): add(mapping, asks: true, removes: true)
        case .rename(let kind, let old, let new):
            for name in [old, new] { caps[ObjectName(kind: kind, name: name), default: 1] += 0 }
        case .setAttribute(let setting):
            add(setting.kind, setting.key, attribute: setting.mode == .ensure ? nil : setting.name, attributes)
        case .removeAttribute(let kind, let key, let name): add(kind, key, attribute: name, attributes)
        case .clear, .defineAttribute, .undefineAttribute, .addRLI, .deleteRLI, .noteRLIUpdate: break
        }
    }

    private mutating func add(_ mapping: Mapping, asks: Bool, removes: Bool) {
        if asks { mappings.append(mapping) }
        caps[ObjectName(kind: .lfn, name: mapping.lfn), default: 1] += removes ? 1 : 0
        caps[ObjectName(kind: .pfn, name: mapping.pfn), default: 1] += removes ? 1 : 0
    }

    private mutating func add(
        _ kind: NameKind, _ key: ByteString, attribute: ByteString?, _ attributes: AttributeTable?
    ) {
        let name = ObjectName(kind: kind, name: key)
        caps[name, default: 1] += 0
        if let attribute, let stored = attributes?[kind, attribute] { values.append((name, stored.id)) }
    }

    // MARK: Asking

    var isEmpty: Bool { portionCount == 0 }

    func send(on connection: PostgreSQLConnection) throws(StorageError) {
        for portion in mappings.portions(Self.portion) { try send(portion, on: connection) }
        for portion in lfns.portions(Self.portion) { try send(portion, .lfn, on: connection) }
        for portion in pfns.portions(Self.portion) { try send(portion, .pfn, on: connection) }
        for portion in values.portions(Self.portion) { try send(portion, on: connection) }
    }

    /// - Parameter results: those of `send` are the last
    func receive(_ all: [PostgreSQLResult], _ facts: inout CatalogFacts) {
        var results = all.suffix(portionCount).makeIterator()
        for portion in mappings.portions(Self.portion) {
            let found = Set(results.next().map { result in (0..<result.count).map { result.integer($0, 0) } } ?? [])
            for (index, mapping) in portion.enumerated() { facts.learn(mapping, isThere: found.contains(index + 1)) }
        }
        for portion in lfns.portions(Self.portion) + pfns.portions(Self.portion) {
            var counts = [Int](repeating: 0, count: portion.count)
            if let result = results.next() {
                for row in 0..<result.count { counts[result.integer(row, 0) - 1] = result.integer(row, 1) }
            }
            for (name, count) in zip(portion, counts) { facts.learn(name.name, count: count) }
        }
        for portion in values.portions(Self.portion) {
            let found = Set(results.next().map { result in (0..<result.count).map { result.integer($0, 0) } } ?? [])
            for (index, item) in portion.enumerated() {
                facts.learn(item.name, attribute: item.attribute, hasValue: found.contains(index + 1))
            }
        }
    }

    private typealias Asked = (name: ObjectName, cap: Int)

    private var portionCount: Int {
        [mappings.count, lfns.count, pfns.count, values.count]
            .reduce(0) { $0 + ($1 + Self.portion - 1) / Self.portion }
    }

    private func send(_ portion: ArraySlice<Mapping>, on connection: PostgreSQLConnection) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(mappings: portion)
        try connection.send(CatalogSQL.whichMappings, parameters)
    }

    private func send(
        _ portion: ArraySlice<Asked>, _ kind: NameKind, on connection: PostgreSQLConnection
    ) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(names: portion.map { StoredName($0.name.name) })
        parameters.add(portion.map(\.cap))
        try connection.send(CatalogSQL.howOften(kind), parameters)
    }

    private func send(
        _ portion: ArraySlice<(name: ObjectName, attribute: Int64)>, on connection: PostgreSQLConnection
    ) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(portion.map { Int($0.attribute) })
        parameters.add(names: portion.map { StoredName($0.name.name) })
        try connection.send(CatalogSQL.whichValues, parameters)
    }
}

extension Change {
    /// After it, nothing that was learnt before holds.
    var voidsFacts: Bool {
        switch self {
        case .rename, .clear, .undefineAttribute: true
        default: false
        }
    }

    var needsAttributes: Bool {
        switch self {
        case .setAttribute, .removeAttribute, .defineAttribute, .undefineAttribute: true
        default: false
        }
    }
}

extension Array {
    /// Slices of no more than so many elements.
    func portions(_ size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}

extension PostgreSQLParameters {
    /// Four parameters: heads and tails of logical names, then of targets.
    mutating func add(mappings: some Collection<Mapping>) {
        add(names: mappings.map { StoredName($0.lfn) })
        add(names: mappings.map { StoredName($0.pfn) })
    }
}
