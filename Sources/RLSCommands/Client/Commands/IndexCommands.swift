import RLSClient
import RLSCore
import RLSWire

/// What an index says: which catalogs may have a name. `locate` asks those catalogs too.
enum IndexCommands {
    static let rows: [CLICommandRow] = [
        CLICommandRow("query rli lfn", "LFN", .exactly(1), "catalogs that may have a logical name") { session, words in
            for found in try await session.index.locations(of: words[0]) { session.output.location(found) }
        },
        CLICommandRow("query wildcard rli lfn", "PATTERN", .exactly(1), "the same of all logical names that match") {
            try await wildcard($0, $1[0])
        },
        CLICommandRow("bulk query rli lfn", "LFN [LFN…]", .groups(of: 1), "the same of many logical names") {
            try await query($0, $1)
        },
        CLICommandRow("exists rli lfn", "LFN", .exactly(1), "whether the index knows a name") {
            try await exists($0, .lfn, $1[0])
        },
        CLICommandRow("exists rli lrc", "URL", .exactly(1), "whether the index knows a catalog") {
            try await exists($0, .lrc, $1[0])
        },
        CLICommandRow("bulk exists rli lfn", "LFN [LFN…]", .groups(of: 1), "which logical names the index knows") {
            try await exist($0, .lfn, $1)
        },
        CLICommandRow("bulk exists rli lrc", "URL [URL…]", .groups(of: 1), "which catalogs the index knows") {
            try await exist($0, .lrc, $1)
        },
    ]

    /// Prints names in ascending order, as the original does; the server sends them descending.
    private static func wildcard(_ session: CLISession, _ text: ByteString) async throws {
        let settings = session.settings
        let found = try await session.index.locations(
            matching: settings.wildcards.pattern(text), limit: settings.resultLimit)
        let ascending = found.sorted { $0.lfn == $1.lfn ? $0.lrc < $1.lrc : $0.lfn < $1.lfn }
        for location in ascending { session.output.location(location) }
    }

    private static func query(_ session: CLISession, _ names: [ByteString]) async throws {
        for item in try await session.index.lookups(of: names) {
            switch item.result {
            case .success(let pair): session.output.location(IndexedLocation(lfn: pair.first, lrc: pair.second))
            case .failure(let error):
                session.output.failure(error.subject, error.code, [("lfn", .bytes(error.subject))])
            }
        }
    }

    private static func exists(_ session: CLISession, _ kind: IndexNameKind, _ name: ByteString) async throws {
        try await session.index.exists(kind, name)
        session.output.exists(name, kind)
    }

    private static func exist(_ session: CLISession, _ kind: IndexNameKind, _ names: [ByteString]) async throws {
        for item in try await session.index.exist(kind, names) {
            if item.code == .success {
                session.output.exists(item.name, kind)
            } else {
                session.output.failure(item.name, item.code, [(kind.label, .bytes(item.name))])
            }
        }
    }
}

/// Servers send the names of wildcard queries descending and what belongs to each ascending.
enum Ascending {
    /// All ascending, without losing the order within a name.
    static func names<Item>(_ items: [Item], by name: (Item) -> ByteString) -> [Item] {
        var result: [Item] = []
        result.reserveCapacity(items.count)
        var end = items.count
        while end > 0 {
            var start = end - 1
            while start > 0 && name(items[start - 1]) == name(items[start]) { start -= 1 }
            result += items[start..<end]
            end = start
        }
        return result
    }
}

extension CLISession {
    /// The same connection as `client`.
    var index: IndexClient {
        get async throws { IndexClient(try await client.connection) }
    }
}

extension IndexNameKind {
    /// As commands and JSON name it.
    var label: String { self == .lfn ? "lfn" : "lrc" }
}

extension Output {
    func location(_ location: IndexedLocation) {
        result(location.lfn + ": " + location.lrc, [("lfn", .bytes(location.lfn)), ("lrc", .bytes(location.lrc))])
    }

    fileprivate func exists(_ name: ByteString, _ kind: IndexNameKind) {
        result(name + ": exists", [(kind.label, .bytes(name)), ("exists", .flag(true))])
    }
}
