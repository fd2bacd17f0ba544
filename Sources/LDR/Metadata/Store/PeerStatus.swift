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
    package internal(set) var position: PeerPosition
    /// When its log was last read without an error.
    package internal(set) var checked: Int64 = 0
    /// When it last brought something new.
    package internal(set) var changed: Int64 = 0
    /// What went wrong the last time; nil when nothing did.
    package internal(set) var error: String?
}
