import RLSStorage

extension MetadataStore {
    /// All other sites that have been followed, or tried to, by name.
    package func peers() throws(StorageError) -> [PeerStatus] { try tables.peers().filter { $0.position.site != site } }

    package func position(of peer: String) throws(StorageError) -> PeerPosition? { try tables.peer(peer)?.position }

    /// The peer's log has been read up to here. For this site itself: how far its own log goes.
    func note(_ peer: PeerPosition, changed: Bool) throws(StorageError) {
        try write { (_) throws(StorageError) in try write(peer, changed: changed) }
    }

    /// The same in a transaction.
    func write(_ peer: PeerPosition, changed: Bool) throws(StorageError) {
        let time = now()
        var status = PeerStatus(position: peer, checked: time, changed: changed ? time : 0)
        status.changed = max(status.changed, try tables.peer(peer.site)?.changed ?? 0)
        try tables.put(status)
    }

    /// Following the peer failed.
    package func noteFailure(of peer: String, _ message: String) throws(StorageError) {
        try write { (_) throws(StorageError) in
            let unknown = PeerStatus(position: PeerPosition(site: peer, epoch: "", change: 0))
            var status = try tables.peer(peer) ?? unknown
            // Parts of it may come from the peer.
            status.error = String(message.replacing("\0", with: " ").prefix(2_000))
            try tables.put(status)
        }
    }
}
