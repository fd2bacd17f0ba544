import Logging
import NIOConcurrencyHelpers
import NIOCore
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSStoragePostgreSQL
import RLSStorageSQLite
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSSoftState

/// A clock that the test moves.
final class TestTime: Sendable {
    private let milliseconds = NIOLockedValueBox(0)

    func advance(seconds: Int) { milliseconds.withLockedValue { $0 += seconds * 1_000 } }
    func clock(notBefore: Int = 0) -> SteadyClock {
        let elapsed = { @Sendable in self.milliseconds.withLockedValue { $0 } }
        return SteadyClock(wall: 1_800_000_000_000 + elapsed(), notBefore: notBefore, elapsed: elapsed)
    }
}

/// An index with a receiver, without a network.
final class TestIndex: Sendable {
    let index: LocationIndex
    let receiver: UpdateReceiver
    let configuration: LiveConfiguration
    let store: (any IndexStore)?
    let archive: FilterArchive?
    let time: TestTime

    init(
        in directory: TemporaryDirectory, time: TestTime = TestTime(), hasLists: Bool = true, database: String? = nil,
        patience: Duration = .seconds(30), _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        let logger = Logger(label: "test")
        var settings = ServerConfiguration()
        change(&settings)
        configuration = LiveConfiguration(settings)
        self.time = time
        if let database {
            store = try PostgreSQLIndexStore(
                try PostgreSQLSettings(url: database, patience: patience), logger: logger)
        } else {
            store = hasLists ? try SQLiteIndexStore(path: directory.file("rli.db"), logger: logger) : nil
        }
        archive = try FilterArchive(directory: directory.file("filters"), logger: logger)
        index = LocationIndex(
            store: store, clock: time.clock(), expireStale: settings.expireStale,
            senders: database == nil ? try store?.makeReader().senders() ?? [] : nil)
        let name = ServerName()
        name.set("rls://own:1")
        receiver = UpdateReceiver(index, name: name, configuration: configuration, archive: archive, logger: logger)
        receiver.restore(archive?.load() ?? [])
    }

    deinit {
        receiver.shutdown()
        store?.shutdown()
    }

    /// The token, where there is one.
    @discardableResult
    func send(_ update: IndexUpdate) async throws -> Int? {
        try await withCheckedThrowingContinuation { continuation in
            receiver.receive(update) { result in continuation.resume(with: result.mapError { $0 as any Error }) }
        }
    }

    func locations(_ name: ByteString) throws -> [ByteString] {
        let bytes = name.bytes
        return try index.locations(of: bytes.span, try store?.makeReader())
    }

    /// Whether the store comes to tell of its senders: it is asked for a second at a time.
    func followsStore() async throws -> Bool { try await eventually { self.receiver.hasFollowedStore() } }

    /// All that a wildcard shows.
    func shown() throws -> [ByteString] {
        guard let reader = try store?.makeReader() else { return [] }
        var names: [ByteString] = []
        try index.walk(prefix: .empty, after: nil, reader) { lfn, url, _ in
            if url != nil { names.append(ByteString(lfn)) }
            return .next
        }
        return names.sorted()
    }

    /// A whole list, in parts of two names.
    func sendList(_ origin: UpdateOrigin, _ names: [ByteString]) async throws {
        let token = try #require(try await send(.listBegin(ListBeginArguments(origin))))
        for part in names.parts(of: 2) {
            try await send(
                .listPart(ListPartArguments(url: origin.url, instance: origin.instance, token: token, names: part)))
        }
        try await send(
            .listEnd(
                ListEndArguments(url: origin.url, instance: origin.instance, token: token, names: names.count)))
    }
}

func origin(
    _ url: ByteString = "rls://lrc:1", instance: ByteString = "i1", path: [ByteString] = [], interval: Int = 100
) -> UpdateOrigin {
    UpdateOrigin(url: url, instance: instance, path: path, interval: interval)
}

/// A filter of ours with these names, as a request.
func whole(
    _ names: [ByteString], _ origin: UpdateOrigin = origin(), epoch: ByteString = "e", number: Int = 1
) -> IndexUpdate {
    var filter = FilterBits(FilterShape.sized(names: 1_000, oneIn: 100_000))
    for name in names {
        let bytes = name.bytes
        filter.insert(bytes.span)
    }
    return .wholeFilter(
        WholeFilterArguments(
            origin: origin, hashing: 1, bits: filter.shape.bits, hashes: filter.shape.hashes, names: names.count,
            version: FilterVersion(epoch: epoch, number: number), filter: ByteBuffer(bytes: filter.bytes)))
}

func legacy(_ names: [ByteString], url: ByteString = "rls://lrc:1", interval: Int = 100) -> IndexUpdate {
    var filter = FilterBits(FilterShape.legacy(names: 1_000, bitsPerName: 30, hashes: 8))
    for name in names {
        let bytes = name.bytes
        filter.insert(bytes.span)
    }
    return .filter(
        FilterUpdateArguments(
            sender: url, bits: filter.shape.bits, hashes: filter.shape.hashes, interval: interval,
            filter: ByteBuffer(bytes: filter.bytes)))
}
