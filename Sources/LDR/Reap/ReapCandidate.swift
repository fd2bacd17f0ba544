import RLSCore

/// A file whose copy here may go.
struct ReapCandidate: Sendable, Hashable {
    enum Reason: String, Sendable {
        case lifetime = "the lifetime of its subscriptions is over"
        case volume = "a subscription has more than its volume"
        case unwanted = "no subscription wants it any more"
    }

    /// Of the row in the list of wanted files; nil for one that is not wanted.
    let want: Int?
    let lfn: ByteString
    /// Bytes.
    let size: Int64
    /// Milliseconds since 1970.
    let came: Int
    /// Bits of the subscriptions that wanted it when it was found, and of those that let go of it.
    var subscriptions = 0
    var released = 0
    let reason: Reason
}
