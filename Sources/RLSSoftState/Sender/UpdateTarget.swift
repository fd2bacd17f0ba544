import RLSCore
import RLSStorage
import RLSWire

/// What an updater needs of the state that it sends; of a catalog, or of an index that passes on what it was told.
protocol UpdateTarget: Sendable {
    /// Brings the index server up to date; where nothing has changed, says so.
    func sendFull(_ session: PeerSession, interval: Int) async throws -> UpdateReport
    /// What has changed since the last update. nil when only a full update will do.
    func sendChanges(_ session: PeerSession, interval: Int) async throws -> UpdateReport?
    /// Changes that wait.
    var waiting: Int { get }
    /// Whether there is something to send yet.
    var isReady: Bool { get }
    func describe(_ status: inout SoftStateStatus)
}

/// What an update was, for the log.
struct UpdateReport: Sendable {
    enum Kind: String, Sendable {
        case list
        case changes
        case filter
        case delta
    }

    let kind: Kind
    /// Names of a list, or changes.
    var names = 0
    /// Of a filter or delta.
    var bytes = 0
}
