import RLSStorage

/// Gets a file of a peer's log: its name, and the bytes at which to give up. HTTP, GridFTP or a directory.
package typealias LogFetch = @Sendable (_ name: String, _ maximumBytes: Int) async throws -> [UInt8]

/// What following a peer brought.
package struct FollowOutcome: Sendable, Hashable {
    /// Segments that were fetched, and the bytes of these.
    package var segments = 0
    package var bytes = 0
    /// Changes that count; others were known, or overtaken.
    package var applied = 0
}

/// Takes over what one peer has published, changed and deleted, from its log. Where nothing is new, only the manifest is
/// fetched.
package struct LogFollower {
    let store: MetadataStore
    let peer: String
    let fetch: LogFetch

    package init(_ store: MetadataStore, peer: String, fetch: @escaping LogFetch) {
        self.store = store
        self.peer = peer
        self.fetch = fetch
    }

    /// Goes on from where it was, also after it was killed. How it went is noted in the store.
    /// - Throws: what `fetch` throws; `MetadataError` when the log is damaged or says what it must not, and then nothing of
    ///   the file in question is taken over; `StorageError`
    @discardableResult
    package nonisolated(nonsending) func follow() async throws -> FollowOutcome {
        do {
            try SiteName.check(peer)
            return try await followLog()
        } catch {
            let isOfPeer = SiteName.isValid(peer) && peer != store.site && !(error is CancellationError)
            // Where the store fails too, the first error tells more.
            if isOfPeer { try? store.noteFailure(of: peer, "\(error)") }
            throw error
        }
    }

    private nonisolated(nonsending) func followLog() async throws -> FollowOutcome {
        let manifest = try await Self.manifest(of: peer, fetch)
        var outcome = FollowOutcome()
        var position = try start(manifest)
        for segment in manifest.segments where segment.last > position {
            try Task.checkCancellation()
            let bytes = try await Self.get(segment.name, of: peer, atMost: segment.bytes, fetch)
            do {
                outcome.applied += try apply(bytes, segment, of: manifest, after: position)
            } catch let error as MetadataError {
                throw error.of("log of \(peer), \(segment.name)")
            }
            position = segment.last
            outcome.segments += 1
            outcome.bytes += bytes.count
        }
        // Also where nothing was new: it has been looked at.
        try note(manifest, manifest.last, [])
        return outcome
    }

    /// The number of the last change that a peer's log has, without following it.
    package static func lastChange(of peer: String, fetch: LogFetch) async throws -> Int {
        try await manifest(of: peer, fetch).last
    }

    private static func manifest(of peer: String, _ fetch: LogFetch) async throws -> LogManifest {
        let text = try await get(LogManifest.name, of: peer, atMost: LogManifest.maximumBytes, fetch)
        do throws(MetadataError) {
            let manifest = try LogManifest(text: text)
            guard manifest.site == peer else {
                throw MetadataError(
                    .foreign, "the log of site \(manifest.site): correct where \(peer)'s is fetched from")
            }
            return manifest
        } catch {
            throw error.of("log of \(peer), \(LogManifest.name)")
        }
    }

    private static func get(
        _ name: String, of peer: String, atMost limit: Int, _ fetch: LogFetch
    ) async throws -> [UInt8] {
        let bytes = try await fetch(name, limit)
        guard bytes.count <= limit else {
            throw MetadataError(.damaged, "log of \(peer), \(name): more than \(limit) bytes")
        }
        return bytes
    }

    /// Another epoch, or a log that has become shorter: from its beginning, for what is known already does nothing.
    private func start(_ manifest: LogManifest) throws -> Int {
        guard let known = try store.position(of: peer), known.epoch == manifest.epoch, known.change <= manifest.last
        else {
            return 0
        }
        return known.change
    }

    private func apply(
        _ bytes: [UInt8], _ segment: LogManifest.Segment, of manifest: LogManifest, after: Int
    ) throws -> Int {
        let file = LogSegment(bytes, segment, site: peer)
        let applied = try file.forEachGroup(after: after, at: store.now()) { rows in
            try note(manifest, rows.last?.change ?? after, rows)
        }
        _ = try note(manifest, segment.last, [])
        return applied
    }

    @discardableResult
    private func note(_ manifest: LogManifest, _ change: Int, _ rows: [MetadataRow]) throws -> Int {
        try store.apply(rows, of: PeerPosition(site: peer, epoch: manifest.epoch, change: change))
    }
}
