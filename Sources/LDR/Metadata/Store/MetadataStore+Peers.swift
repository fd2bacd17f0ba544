import RLSStorage
import RLSStorageSQLite

/// How far a peer's log has been followed.
package struct PeerPosition: Sendable, Hashable {
    package let site: String
    /// Of the peer's log: with another one its numbers mean something else.
    package let epoch: String
    /// The peer's number of the last change that was taken over.
    package let change: Int

    package init(site: String, epoch: String, change: Int) {
        self.site = site
        self.epoch = epoch
        self.change = change
    }
}

/// What is known of following a peer. Times are milliseconds since 1970, 0 for never.
package struct PeerStatus: Sendable, Hashable {
    package let position: PeerPosition
    /// When its log was last read without an error.
    package let checked: Int64
    /// When it last brought something new.
    package let changed: Int64
    /// What went wrong the last time; nil when nothing did.
    package let error: String?
}

extension MetadataStore {
    /// All sites that have been followed, or tried to, by name.
    package func peers() throws(StorageError) -> [PeerStatus] {
        let statement = try file.connection.statement(
            "SELECT site, epoch, position, checked, changed, error FROM peer WHERE site <> ?1 ORDER BY site")
        try statement.bind(1, text: site)
        defer { statement.reset() }
        var found: [PeerStatus] = []
        while try statement.step() {
            found.append(
                PeerStatus(
                    position: PeerPosition(
                        site: statement.text(0) ?? "", epoch: statement.text(1) ?? "", change: statement.integer(2)),
                    checked: Int64(statement.integer(3)), changed: Int64(statement.integer(4)),
                    error: statement.text(5)))
        }
        return found
    }

    package func position(of peer: String) throws(StorageError) -> PeerPosition? {
        let statement = try file.connection.statement("SELECT epoch, position FROM peer WHERE site = ?1")
        try statement.bind(1, text: peer)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return PeerPosition(site: peer, epoch: statement.text(0) ?? "", change: statement.integer(1))
    }

    /// The peer's log has been read up to here. For this site itself: how far its own log goes.
    func note(_ peer: PeerPosition, changed: Bool) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            INSERT INTO peer (site, epoch, position, checked, changed) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (site) DO UPDATE SET epoch = ?2, position = ?3, checked = ?4, changed = max(changed, ?5), error = NULL
            """)
        let time = now()
        try statement.bind(1, text: peer.site).bind(2, text: peer.epoch).bind(3, peer.change)
        try statement.bind(4, time).bind(5, changed ? time : 0).run()
    }

    /// Following the peer failed.
    package func noteFailure(of peer: String, _ message: String) throws(StorageError) {
        let statement = try file.connection.statement(
            """
            INSERT INTO peer (site, epoch, position, error) VALUES (?1, '', 0, ?2)
            ON CONFLICT (site) DO UPDATE SET error = ?2
            """)
        // Parts of it may come from the peer.
        let text = String(message.replacing("\0", with: " ").prefix(2_000))
        try statement.bind(1, text: peer).bind(2, text: text).run()
    }
}
