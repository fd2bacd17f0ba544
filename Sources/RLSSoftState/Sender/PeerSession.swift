import NIOCore
import RLSClient
import RLSCore
import RLSFilter
import RLSWire

/// A connection to an index server, and which kind of updates it understands.
struct PeerSession: Sendable {
    /// Names in one request.
    static let batch = 10_000
    /// And their bytes, about.
    static let batchBytes = 1 << 20

    let connection: RLSConnection
    /// It has our methods; else it gets the original's.
    let isOwn: Bool

    static func connect(
        to url: ByteString, timeout: Duration, credential: ClientCredential
    ) async throws -> PeerSession {
        let address = try ServerAddress(url.description)
        let connection = try await RLSConnection.connect(to: address, timeout: timeout, credential: credential)
        do {
            if let methods = try await CatalogClient(connection).capabilities() {
                return PeerSession(connection: connection, isOwn: methods.contains(Methods.wholeFilter.name))
            }
        } catch {
            await connection.close()
            throw error
        }
        // A server of the original's kind has closed the connection over the question.
        await connection.close()
        return PeerSession(
            connection: try await RLSConnection.connect(to: address, timeout: timeout, credential: credential),
            isOwn: false)
    }

    func close() async { await connection.close() }

    // MARK: Filters

    func send(_ whole: FilterKeeper.Whole, from origin: UpdateOrigin) async throws {
        let bytes = ByteBuffer(bytes: whole.filter.bytes)
        let shape = whole.filter.shape
        if isOwn {
            let update = WholeFilterArguments(
                origin: origin, hashing: Int(shape.hashing.rawValue), bits: shape.bits, hashes: shape.hashes,
                names: whole.names, version: whole.version, filter: bytes)
            _ = try await connection.call(Methods.wholeFilter, update)
        } else {
            let update = FilterUpdateArguments(
                sender: origin.url, bits: shape.bits, hashes: shape.hashes, interval: origin.interval, filter: bytes)
            _ = try await connection.call(Methods.filterUpdate, update)
        }
    }

    /// False when the receiver does not have the version that this builds on.
    func send(
        _ delta: FilterDelta, names: Int, from old: FilterVersion, to number: Int, _ origin: UpdateOrigin
    ) async throws -> Bool {
        let update = FilterDeltaArguments(
            origin: origin, names: names, old: old, newNumber: number, delta: ByteBuffer(bytes: delta.encoded()))
        return try await succeeds { _ = try await connection.call(Methods.filterDelta, update) }
    }

    // MARK: Lists

    /// False when the receiver has no list that these could change.
    func send(_ changes: [NameChange], from origin: UpdateOrigin) async throws -> Bool {
        if !isOwn {
            for part in changes.parts(of: Self.batch) {
                _ = try await connection.call(
                    Methods.listUpdate, ListUpdateArguments(sender: origin.url, changes: part))
            }
            return true
        }
        for part in changes.isEmpty ? [[]] : changes.parts(of: Self.batch) {
            let update = ListChangesArguments(origin: origin, changes: part)
            guard try await succeeds({ _ = try await connection.call(Methods.listChanges, update) }) else {
                return false
            }
        }
        return true
    }

    /// A whole list, batch by batch as `next` brings them; the last one is empty. The next batch is read while one is sent.
    func sendList(
        from origin: UpdateOrigin, next: @escaping @Sendable () async throws -> [ByteString]
    ) async throws -> Int {
        let token = isOwn ? try await begin(origin) : 0
        // The receiver has it from nearer by.
        if isOwn && token == 0 { return 0 }
        var count = 0
        var batch = try await next()
        while !batch.isEmpty {
            count += batch.count
            async let following = next()
            try await sendPart(batch, token, origin)
            batch = try await following
        }
        if isOwn {
            let end = ListEndArguments(url: origin.url, instance: origin.instance, token: token, names: count)
            _ = try await connection.call(Methods.listEnd, end)
        }
        return count
    }

    private func begin(_ origin: UpdateOrigin) async throws -> Int {
        let reply = try await connection.call(Methods.listBegin, ListBeginArguments(origin))
        guard let token = reply.items.first else { throw ClientError(.badReply, "no token for a list") }
        return token.number
    }

    private func sendPart(_ names: [ByteString], _ token: Int, _ origin: UpdateOrigin) async throws {
        if isOwn {
            let part = ListPartArguments(url: origin.url, instance: origin.instance, token: token, names: names)
            _ = try await connection.call(Methods.listPart, part)
        } else {
            let update = ListUpdateArguments(sender: origin.url, changes: names.map { .added($0) })
            _ = try await connection.call(Methods.listUpdate, update)
        }
    }

    private func succeeds(_ call: () async throws -> Void) async throws -> Bool {
        do {
            try await call()
            return true
        } catch let error as CatalogError where error.code == .lrcNotFound {
            return false
        }
    }
}

extension Array {
    func parts(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
