/// What a connection is doing, and what it may begin: pipelined requests are answered in order, so a read waits for the
/// writes before it, while writes may follow writes, and look-ups of other threads such look-ups. No NIO, no clock.
struct ConnectionState {
    /// How a request must be ordered with its neighbours.
    enum Discipline {
        /// Sees what was written before it and answers at once or as a stream.
        case read
        /// Joins the next group commit.
        case write
        /// Sees what was written before it and joins the next group of look-ups.
        case lookup
    }

    enum Ending {
        /// Requests may come.
        case open
        /// What runs is finished, then the connection is closed.
        case finishing
    }

    /// Requests, and their bytes, that may wait for a commit at a time.
    private static let writeLimit = 128
    private static let writeBytesLimit = 8 << 20
    /// Look-ups that may wait for their group or for one before them: each may be answered with a chunk.
    private static let lookupLimit = 64

    private(set) var ending = Ending.open
    private(set) var pendingWrites = 0
    private(set) var pendingWriteBytes = 0
    private(set) var pendingLookups = 0
    private(set) var isStreaming = false
    var isWritable = true

    var isIdle: Bool { pendingWrites == 0 && pendingLookups == 0 && !isStreaming }
    /// A request of some kind may begin.
    var mayBegin: Bool { mayBegin(.write) || mayBegin(.lookup) }
    /// Nothing will be answered any more.
    var isDone: Bool { ending == .finishing && isIdle }

    func mayBegin(_ discipline: Discipline) -> Bool {
        guard ending == .open, !isStreaming, isWritable else { return false }
        switch discipline {
        case .read: return pendingWrites == 0 && pendingLookups == 0
        case .write:
            return pendingLookups == 0 && pendingWrites < Self.writeLimit && pendingWriteBytes < Self.writeBytesLimit
        case .lookup: return pendingWrites == 0 && pendingLookups < Self.lookupLimit
        }
    }

    mutating func beganWrite(bytes: Int) {
        pendingWrites += 1
        pendingWriteBytes += bytes
    }

    mutating func finishedWrite(bytes: Int) {
        pendingWrites -= 1
        pendingWriteBytes -= bytes
    }

    mutating func beganLookup() { pendingLookups += 1 }
    mutating func finishedLookup() { pendingLookups -= 1 }
    mutating func beganStream() { isStreaming = true }
    mutating func finishedStream() { isStreaming = false }
    mutating func finish() { ending = .finishing }
}
