import Foundation
import Logging
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Synchronization

@testable import LDR

/// A catalog in memory. What other sites have is asked of it, too, so that two of them can be played against each other.
final class StandInCatalog: CopyListing, ReplicaFinder {
    private struct State {
        var copies: Set<Mapping> = []
        var others: [ByteString: [ByteString]] = [:]
        var questions = 0
        var onQuestion: (@Sendable (Int) throws -> Void)?
    }

    private let state = Mutex(State())

    var all: Set<Mapping> { state.withLock { $0.copies } }

    /// What other sites have.
    func set(_ urls: [ByteString], of lfn: ByteString) { state.withLock { $0.others[lfn] = urls } }

    /// Called before each answer about other sites, with its number from 1.
    func onQuestion(_ body: @escaping @Sendable (Int) throws -> Void) { state.withLock { $0.onQuestion = body } }

    func copies(of lfns: [ByteString]) async throws -> [Mapping] { all.filter { lfns.contains($0.lfn) } }
    func owners(of pfns: [ByteString]) async throws -> [Mapping] { all.filter { pfns.contains($0.pfn) } }
    func allCopies() async throws -> [Mapping] { Array(all) }
    func register(_ copies: [Mapping]) async throws -> [RefusedCopy] {
        state.withLock { $0.copies.formUnion(copies) }
        return []
    }
    func unregister(_ copies: [Mapping]) async throws { state.withLock { $0.copies.subtract(copies) } }

    func find(_ lfns: [ByteString]) async throws -> FoundReplicas {
        let (number, body) = state.withLock { state in
            state.questions += 1
            return (state.questions, state.onQuestion)
        }
        try body?(number)
        return state.withLock { state in
            var found = FoundReplicas()
            for lfn in lfns {
                let urls = (state.others[lfn] ?? []) + state.copies.filter { $0.lfn == lfn }.map(\.pfn)
                if !urls.isEmpty { found.urls[lfn] = urls }
            }
            return found
        }
    }
}

/// A site `cit` that follows `han`, with files, subscriptions and a reaper.
struct ReapSite {
    static let day = 86_400_000
    /// Milliseconds since 1970.
    static let start = 1_700_000_000_000

    let directory: TemporaryDirectory
    let han: MetadataSite
    let cit: MetadataSite
    let work: WorkStore
    let catalog = StandInCatalog()
    let area: StorageArea
    var limits = ReapLimits()

    init() async throws {
        directory = try TemporaryDirectory()
        han = try await MetadataSite("han", in: directory)
        cit = try await MetadataSite("cit", in: directory)
        work = try WorkStore(path: directory.file("work.db"))
        try FileManager.default.createDirectory(atPath: directory.file("files"), withIntermediateDirectories: true)
        area = try StorageArea(
            partitions: [StoragePartition(name: "main", root: directory.file("files"), url: "gsiftp://cit/files")],
            layout: LayoutTemplate(parsing: "{collection}/{lfn}"))
        limits.refusal = 1
    }

    var events: [String] {
        directory.text("events.jsonl").split(whereSeparator: \.isNewline).filter { $0.contains("\"reaped\"") }.map {
            String($0)
        }
    }

    /// Published by han, wanted by these, and arrived here one day after the other.
    nonisolated(nonsending) func fill(
        _ names: [String], size: Int64 = 10, _ subscriptions: [SubscriptionConfiguration]
    ) async throws {
        _ = try han.store.publish(names.map { .sample($0, size: size) })
        try han.export()
        try await cit.follow(han)
        try await want(subscriptions)
        for (index, name) in names.enumerated() {
            guard try work.want(of: ByteString(name))?.state == .missing else { continue }
            try await arrive(name, at: Self.start + index * Self.day)
        }
    }

    nonisolated(nonsending) func want(_ subscriptions: [SubscriptionConfiguration]) async throws {
        // With connections of its own, as the daemon has.
        let (work, metadata) = (try WorkStore(path: directory.file("work.db")), try cit.open())
        _ = try await WantKeeper(
            work: work, metadata: metadata, catalog: catalog,
            place: { MemoryCatalog.place($0, below: "gsiftp://cit/") }
        ).keep(subscriptions)
        // As if long ago.
        try self.work.file.connection.execute("UPDATE want SET since = 0")
    }

    nonisolated(nonsending) func arrive(_ name: String, at time: Int) async throws {
        guard let want = try work.want(of: ByteString(name)) else { return }
        try FileManager.default.createDirectory(
            atPath: directory.file("files/set"), withIntermediateDirectories: true)
        try directory.write(String(repeating: "x", count: Int(want.size)), to: "files/set/" + name)
        try await catalog.registerAll([copy(name)])
        catalog.set(["gsiftp://han/files/\(name)".bytes], of: want.lfn)
        let result = TransferResult(
            want, source: "gsiftp://han", url: "gsiftp://han/x", began: time, ended: time, bytes: want.size)
        try work.finish([result], attempts: 3)
    }

    func copy(_ name: String) -> Mapping {
        Mapping(lfn: ByteString(name), pfn: ByteString("gsiftp://cit/files/set/" + name))
    }

    func isHere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: directory.file("files/set/" + name)) }

    func state(_ name: String) throws -> WantState? { try work.want(of: ByteString(name))?.state }

    nonisolated(nonsending) func reap(
        _ subscriptions: [SubscriptionConfiguration], after days: Int, acts: Bool = true, evenLast: Bool = false,
        _ scope: Reaper.Scope = .all, gone: Int = 0
    ) async throws -> ReapReport {
        let reaper = Reaper(
            area: area, catalog: catalog, finder: catalog, metadata: cit.store, work: work,
            events: EventLog(path: directory.file("events.jsonl"), site: "cit"), limits: limits)
        var report = ReapReport()
        try await reaper.pass(
            subscriptions, scope, acts: acts, evenLast: evenLast, gone: gone, at: Self.start + days * Self.day,
            into: &report)
        return report
    }
}

extension String {
    fileprivate var bytes: ByteString { ByteString(self) }
}

extension SubscriptionConfiguration {
    static func named(
        _ name: String, _ expression: String = "collection = 'set'", days: Int64 = 0, volume: Int64 = 0
    ) -> SubscriptionConfiguration {
        SubscriptionConfiguration(
            name: name, expression: expression, lifetime: days * 86_400, maximumVolume: volume)
    }
}
