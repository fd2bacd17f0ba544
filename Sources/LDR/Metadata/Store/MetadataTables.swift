import RLSCore
import RLSStorage

/// Where a metadata catalog is kept. It stores and finds; which changes count, and their numbers and stamps, is the business
/// of `MetadataStore`. Used by one thread at a time.
protocol MetadataTables: AnyObject {
    /// The file or the database, for people: without secrets.
    var place: String { get }

    // MARK: Reading

    func state() throws(StorageError) -> MetadataState
    /// Those that there are, deleted ones too, in any order; of one state of the catalog.
    func rows(of names: [ByteString]) throws(StorageError) -> [MetadataRow]
    /// In the order of their numbers. Fewer than `limit` when they have so many `bytes`; none at the end.
    /// - Parameter site: those that it changed; nil for all
    func rows(
        after: Int, through: Int, from site: String?, limit: Int, bytes: Int
    ) throws(StorageError) -> [MetadataRow]
    /// Of files that are not deleted, in bytewise order of their names.
    func liveRows(after name: ByteString, limit: Int) throws(StorageError) -> [MetadataRow]
    /// Sites whose logs have been followed, or tried to, by name; this one's own log, too.
    func peers() throws(StorageError) -> [PeerStatus]
    func peer(_ site: String) throws(StorageError) -> PeerStatus?

    // MARK: Changing

    /// Runs `body` as one change: all of it, or nothing when it throws. Others that change something wait meanwhile.
    /// - Parameter body: gets the state, and leaves the one that is to be kept
    func write<Value>(
        _ body: (inout MetadataState) throws(StorageError) -> Value
    ) throws(StorageError) -> Value
    /// In `write`: these are the rows of their names now.
    /// - Parameter rows: of a name one at most; with numbers that no other row has
    func put(_ rows: [MetadataRow]) throws(StorageError)
    /// In `write`.
    func put(_ peer: PeerStatus) throws(StorageError)
}

/// What a metadata catalog knows of itself.
struct MetadataState: Hashable {
    /// The last number that was given out.
    var change = 0
    /// The highest that was given out or seen.
    var clock: Int64 = 0
    /// That are not deleted.
    var files = 0
    /// Tells this catalog's numbers from those of one that was made anew or restored.
    var epoch = ""
    /// Whose catalog it is; empty before its first change.
    var site = ""
}
