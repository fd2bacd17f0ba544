import RLSTestSupport
import Testing

/// Two catalogs, and an index that they update once `fill` has told them of it.
struct IndexedCatalogs {
    /// What makes updates quick enough for a test.
    private static let quick = ["update_immediate true", "update_buftime 0", "update_buftime_ms 50"]

    let one: ServerProcess
    let two: ServerProcess
    let index: ServerProcess

    init() async throws {
        one = try await ServerProcess.start(Self.quick)
        two = try await ServerProcess.start(Self.quick)
        let directory = try TemporaryDirectory()
        index = try await ServerProcess.start(
            try await CatalogBackend.current.indexLines(in: directory) + Self.quick, in: directory)
    }

    /// Asks until the output is as wanted.
    func outputs(_ wanted: String, _ ask: () async throws -> Program.Outcome) async throws -> Bool {
        var last = ""
        let isGood = try await waitUntil {
            last = try await ask().output
            return last == wanted
        }
        if !isGood { Issue.record("still:\n\(last)") }
        return isGood
    }

    func waitUntil(_ condition: () async throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(Patience.seconds(20))
        while ContinuousClock.now < end {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    func fill(_ kind: String) async throws {
        #expect(try await one.cli("bulk", "create", "lfn1", "p1", "lfn2", "p2").status == 0)
        #expect(try await two.cli("bulk", "create", "lfn1", "q1", "lfn3", "q3").status == 0)
        for catalog in [one, two] { #expect(try await catalog.admin(kind, index.url).status == 0) }
        for (name, catalog) in [("lfn2", one), ("lfn3", two)] {
            #expect(
                try await outputs("  \(name): \(catalog.url)\n") {
                    try await index.cli("query", "rli", "lfn", name)
                })
        }
    }
}
