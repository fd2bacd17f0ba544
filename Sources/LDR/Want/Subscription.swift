import RLSCore

/// A standing wish for files, and how far the metadata have been searched for it.
package struct Subscription: Sendable, Hashable {
    /// Each is a bit of a number in the database.
    package static let limit = 62

    package let id: Int
    package var configuration: SubscriptionConfiguration
    /// Changes of the metadata up to here have been looked at.
    package var position: Int

    package var bit: Int { 1 << id }
    package var name: String { configuration.name }
}

/// Where a wanted file stands.
package enum WantState: Int, Sendable, CaseIterable {
    /// It needs a source.
    case missing = 0
    /// A source is chosen.
    case queued = 1
    /// It is being transferred.
    case active = 2
    /// It is here, and in the catalog.
    case present = 3
    /// It failed again and again, and is tried once a day.
    case stuck = 4
    /// Its subscriptions have all the volume that they may have.
    case held = 5
    /// It was here, and was removed because the time or the volume of its subscriptions was over: it is not fetched again.
    case expired = 6
    /// A source is chosen, which has to bring it back from tape first.
    case staging = 7
}

/// A file that a subscription wants.
package struct Want: Sendable, Hashable {
    package let id: Int
    package let lfn: ByteString
    /// Bytes.
    package let size: Int64
    /// Bits of the subscriptions that want it.
    package var subscriptions: Int
    package var state: WantState
    /// Milliseconds since 1970: since when it is wanted, and not before when it is tried again.
    package var since: Int
    package var nextTry: Int
    package var attempts: Int
    /// Of the last attempt, or the one that comes.
    package var source: String?
    package var url: ByteString?
    package var reason: String?
    /// Tells this content from one that was published later.
    package var checksum: ByteString?
}
