import RLSCore

/// Names to ask one catalog for.
struct CatalogQuestion: Sendable {
    let url: ByteString
    let address: ServerAddress
    var names: [ByteString]
}

/// What has been found out while the replicas of some names are looked for. No input or output: the decisions alone.
struct Survey {
    /// Each once, in the order of the question.
    let names: [ByteString]
    /// Index servers not yet found dead, the one to ask first.
    private(set) var indexes: ArraySlice<ServerAddress>
    private(set) var skippedIndexes: [SkippedServer] = []
    private(set) var index: ServerAddress?
    private var replicas: [ByteString: [Replica]] = [:]
    private var unanswered: [ByteString: Set<ByteString>] = [:]
    private var mistaken: [ByteString: Set<ByteString>] = [:]
    /// Catalogs that are not asked (again).
    private var avoided: [ServerAddress: SkippedServer] = [:]
    private var skipped: [ByteString: SkippedServer] = [:]

    init(_ lfns: [ByteString], indexes: [ServerAddress], avoiding: [SkippedServer]) {
        var seen: Set<ByteString> = []
        names = lfns.filter { seen.insert($0).inserted }
        self.indexes = indexes[...]
        for server in avoiding where !server.isRefusal {
            if let address = try? ServerAddress(server.url.description) { avoided[address] = server }
        }
    }

    mutating func indexAnswered(_ address: ServerAddress) { index = address }

    mutating func indexFailed(_ address: ServerAddress, _ error: any Error) {
        skippedIndexes.append(SkippedServer(ByteString(address.description), error))
        indexes = indexes.dropFirst()
    }

    /// One question a catalog, whatever forms of its URL the index knows; none to those that are of no use.
    mutating func questions(_ locations: [IndexedLocation]) -> [CatalogQuestion] {
        var questions: [CatalogQuestion] = []
        var places: [ServerAddress: Int] = [:]
        for location in locations {
            guard let address = address(of: location.lrc) else {
                unanswered[location.lfn, default: []].insert(location.lrc)
                continue
            }
            if let place = places[address] {
                questions[place].names.append(location.lfn)
            } else {
                places[address] = questions.count
                questions.append(CatalogQuestion(url: location.lrc, address: address, names: [location.lfn]))
            }
        }
        return questions.map(\.withoutRepetitions)
    }

    private mutating func address(of url: ByteString) -> ServerAddress? {
        do {
            let address = try ServerAddress(url.description)
            guard let known = avoided[address] else { return address }
            skipped[url] = SkippedServer(url: url, reason: known.reason, cause: known.cause)
        } catch {
            skipped[url] = SkippedServer(url, error)
        }
        return nil
    }

    /// - Parameter mappings: of the names that were asked for; others are passed over
    mutating func catalogAnswered(_ question: CatalogQuestion, _ mappings: [Mapping]) {
        let asked = Set(question.names)
        for mapping in mappings where asked.contains(mapping.lfn) {
            replicas[mapping.lfn, default: []].append(Replica(mapping: mapping, lrc: question.url))
        }
    }

    mutating func catalogLacks(_ name: ByteString, _ question: CatalogQuestion) {
        mistaken[name, default: []].insert(question.url)
    }

    mutating func catalogFailed(_ question: CatalogQuestion, _ error: any Error) {
        let server = SkippedServer(question.url, error)
        for name in question.names { leaveUnanswered(name, server) }
        if !server.isRefusal { avoided[question.address] = server }
    }

    /// A server answered, but not about this name.
    mutating func nameRefused(_ name: ByteString, _ url: ByteString, _ error: CatalogError) {
        leaveUnanswered(name, SkippedServer(url, error))
    }

    private mutating func leaveUnanswered(_ name: ByteString, _ server: SkippedServer) {
        unanswered[name, default: []].insert(server.url)
        skipped[server.url] = server
    }

    var result: LocateResult {
        var result = LocateResult()
        result.names = names.map { name in
            LocatedName(
                lfn: name, replicas: Set(replicas[name] ?? []).sorted(),
                unanswered: unanswered[name, default: []].sorted(), mistaken: mistaken[name, default: []].sorted())
        }
        result.skipped = skipped.values.sorted { $0.url < $1.url }
        result.skippedIndexes = skippedIndexes
        result.index = index
        return result
    }
}

extension SkippedServer {
    /// Costs no time, and may be about some names only: no reason not to ask again.
    fileprivate var isRefusal: Bool { if case .refused = reason { true } else { false } }
}

extension CatalogQuestion {
    fileprivate var withoutRepetitions: CatalogQuestion {
        var seen: Set<ByteString> = []
        return CatalogQuestion(url: url, address: address, names: names.filter { seen.insert($0).inserted })
    }
}
