import RLSCore
import RLSStorage

/// What was fetched for look-ups that come next.
struct Prefetched {
    var partners: [ObjectName: [ByteString]] = [:]
    var names: [ObjectName: Bool] = [:]
    var mappings: [Mapping: Bool] = [:]
    var values: [ObjectName: [NamedValue]] = [:]
}

/// Fetches for many look-ups in one journey.
struct CatalogPrefetch {
    /// A name with more partners is read page by page.
    static let partnerLimit = 100

    private var partners: [NameKind: [ByteString]] = [:]
    private var names: [NameKind: [ByteString]] = [:]
    private var values: [NameKind: [ByteString]] = [:]
    private var mappings: [Mapping] = []

    init(_ keys: [CatalogKey]) {
        // Many may ask for the same.
        for key in Set(keys) {
            switch key {
            case .name(let kind, let name): names[kind, default: []].append(name)
            case .partners(let kind, let name): partners[kind, default: []].append(name)
            case .mapping(let mapping): mappings.append(mapping)
            case .attributeValues(let kind, let name): values[kind, default: []].append(name)
            }
        }
    }

    func fetch(_ connection: PostgreSQLConnection, by deadline: Deadline) throws(StorageError) -> Prefetched {
        var fetched = try fetchAll(connection, by: deadline)
        // Names with tails, or many targets, are rare, and cost a second journey.
        if let names = partners[.lfn], fetched.partners[ObjectName(kind: .lfn, name: names[0])] == nil {
            try sendPartners(of: .lfn, names, on: connection)
            let results = try connection.results(by: deadline)
            fetched.takePartners(of: .lfn, names, results[0], upTo: Self.partnerLimit)
        }
        return fetched
    }

    /// Above what names have as a rule.
    private static func few(_ names: [ByteString]) -> Int { names.count * 4 + partnerLimit }

    private func fetchAll(
        _ connection: PostgreSQLConnection, by deadline: Deadline
    ) throws(StorageError) -> Prefetched {
        for kind in NameKind.allCases { try send(kind, on: connection) }
        if !mappings.isEmpty {
            var parameters = PostgreSQLParameters()
            parameters.add(mappings: mappings)
            try connection.send(CatalogSQL.whichMappings, parameters)
        }
        var results = try connection.results(by: deadline).makeIterator()
        var fetched = Prefetched()
        for kind in NameKind.allCases { receive(kind, &results, connection.isSpread, into: &fetched) }
        if !mappings.isEmpty, let result = results.next() {
            for mapping in mappings { fetched.mappings[mapping] = false }
            for row in 0..<result.count { fetched.mappings[mappings[result.integer(row, 0) - 1]] = true }
        }
        return fetched
    }

    private func send(_ kind: NameKind, on connection: PostgreSQLConnection) throws(StorageError) {
        if let partners = partners[kind] {
            switch kind {
            case .lfn: try sendFewTargets(of: partners, on: connection)
            case .pfn: try sendPartners(of: kind, partners, on: connection)
            }
        }
        if let names = names[kind] {
            var parameters = PostgreSQLParameters()
            parameters.add(names: names.map { StoredName($0) })
            parameters.add([Int](repeating: 1, count: names.count))
            try connection.send(CatalogSQL.howOften(kind), parameters)
        }
        if let values = values[kind] {
            var parameters = PostgreSQLParameters()
            parameters.add(kind.rawValue)
            parameters.add(names: values.map { StoredName($0) })
            try connection.send(CatalogSQL.valuesOfMany, parameters)
        }
    }

    private func isWhole(_ targets: PostgreSQLResult, _ names: [ByteString]) -> Bool {
        targets.count < Self.few(names) && names.allSatisfy { $0.count <= StoredName.headLength }
            && (0..<targets.count).allSatisfy { targets.isEmpty($0, 2) }
    }

    private func sendFewTargets(
        of names: [ByteString], on connection: PostgreSQLConnection
    ) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(names.map { StoredName($0).head })
        parameters.add(Self.few(names))
        try connection.send(
            connection.isSpread ? CatalogSQL.fewTargetsOfServers : CatalogSQL.fewTargets, parameters)
    }

    private func sendPartners(
        of kind: NameKind, _ names: [ByteString], on connection: PostgreSQLConnection
    ) throws(StorageError) {
        var parameters = PostgreSQLParameters()
        parameters.add(names: names.map { StoredName($0) })
        // One more than is used, to tell whether it is all.
        parameters.add(Self.partnerLimit + 1)
        try connection.send(CatalogSQL.partnersOfMany(kind), parameters)
    }

    private func receive(
        _ kind: NameKind, _ results: inout IndexingIterator<[PostgreSQLResult]>, _ isSpread: Bool,
        into fetched: inout Prefetched
    ) {
        if let partners = partners[kind], let result = results.next(), kind == .pfn || isWhole(result, partners) {
            let tellsNames = isSpread && kind == .lfn
            fetched.takePartners(of: kind, partners, result, upTo: Self.partnerLimit, tellsNames: tellsNames)
        }
        if let names = names[kind], let result = results.next() {
            for name in names { fetched.names[ObjectName(kind: kind, name: name)] = false }
            for row in 0..<result.count {
                fetched.names[ObjectName(kind: kind, name: names[result.integer(row, 0) - 1])] = true
            }
        }
        if let values = values[kind], let result = results.next() {
            for name in values { fetched.values[ObjectName(kind: kind, name: name)] = [] }
            for row in 0..<result.count {
                guard let value = result.namedValue(row, 1) else { continue }
                fetched.values[ObjectName(kind: kind, name: values[result.integer(row, 0) - 1])]?.append(value)
            }
        }
    }
}

extension Prefetched {
    /// Names with more partners than the limit are left out.
    /// - Parameter tellsNames: rows begin with a name without a tail, instead of its place
    fileprivate mutating func takePartners(
        of kind: NameKind, _ names: [ByteString], _ result: PostgreSQLResult, upTo limit: Int, tellsNames: Bool = false
    ) {
        var lists = [[ByteString]](repeating: [], count: names.count)
        let places = tellsNames ? Dictionary(zip(names, names.indices)) { $1 } : [:]
        for row in 0..<result.count {
            let place = tellsNames ? places[result.bytes(row, 0)] : result.integer(row, 0) - 1
            if let place { lists[place].append(result.name(row, 1)) }
        }
        for (name, list) in zip(names, lists) where list.count <= limit {
            partners[ObjectName(kind: kind, name: name)] = list.count > 1 ? list.sorted() : list
        }
    }
}

extension PostgreSQLResult {
    /// Five columns: name, type, and the value in one of three. nil for what is not of its type.
    func namedValue(_ row: Int, _ column: Int32) -> NamedValue? {
        guard let type = AttributeType(rawValue: integer(row, column + 1)) else { return nil }
        let place: Int32 =
            switch type {
            case .date, .int: 2
            case .float: 3
            case .string: 4
            }
        return value(row, column + place, as: type).map { NamedValue(name: bytes(row, column), value: $0) }
    }

    func value(_ row: Int, _ column: Int32, as type: AttributeType) -> AttributeValue? {
        if isNull(row, column) { return nil }
        return switch type {
        case .date: CatalogDate(packed: Int64(integer(row, column))).map { .date($0) }
        case .float: .float(float(row, column))
        case .int: .int(Int64(integer(row, column)))
        case .string: .string(bytes(row, column))
        }
    }
}
