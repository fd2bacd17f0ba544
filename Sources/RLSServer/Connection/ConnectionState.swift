/// What a connection is doing, and what it may begin: pipelined requests are answered in order, so a read waits for the
/// writes before it, while writes may follow writes. No NIO, no clock.
struct ConnectionState {
    /// How a request must be ordered with its neighbours.
    enum Discipline {
        /// Sees what was written before it and answers at once or as a stream.
        case read
        /// Joins the next group commit.
        case write
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

    private(set) var ending = Ending.open
    private(set) var pendingWrites = 0
    private(set) var pendingWriteBytes = 0
    private(set) var isStreaming = false
    var isWritable = true

    var isIdle: Bool { pendingWrites == 0 && !isStreaming }
    /// Nothing will be answered any more.
    var isDone: Bool { ending == .finishing && isIdle }

    func mayBegin(_ discipline: Discipline) -> Bool {
        guard ending == .open, !isStreaming, isWritable else { return false }
        switch discipline {
        case .read: return pendingWrites == 0
        case .write: return pendingWrites < Self.writeLimit && pendingWriteBytes < Self.writeBytesLimit
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

    mutating func beganStream() { isStreaming = true }
    mutating func finishedStream() { isStreaming = false }
    mutating func finish() { ending = .finishing }
}
