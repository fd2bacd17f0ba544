import RLSCore
import RLSStorage
import RLSWire

/// What an updater needs of the state that it sends; of a catalog, or of an index that passes on what it was told.
protocol UpdateTarget: Sendable {
    /// Brings the index server up to date. Empty-handed only in name: it also says that nothing has changed.
    func sendFull(_ session: PeerSession, interval: Int) async throws
    /// What has changed since the last update. False when only a full update will do.
    func sendChanges(_ session: PeerSession, interval: Int) async throws -> Bool
    /// Changes that wait.
    var waiting: Int { get }
    /// Whether there is something to send yet.
    var isReady: Bool { get }
    /// A new connection may be to a new process: nothing is known of what it has.
    func sessionBegan()
    func describe(_ status: inout SoftStateStatus)
}
