import RLSCore

/// What a pass of the reaper has done, or would do.
package struct ReapReport: Sendable, Encodable {
    package struct File: Sendable, Encodable, Hashable {
        package let lfn: String
        /// Bytes.
        package let size: Int64
        package let reason: String
    }

    /// Files whose time is over, before anything was asked about other copies.
    package var due = 0
    package var reaped: [File] = []
    package var reapedBytes: Int64 = 0
    /// Due, and still here, and why.
    package var kept: [File] = []
    /// Files that are wanted again since a lifetime has been made longer.
    package var revived = 0
    /// Why less was done than was to be done.
    package var refusals: [String] = []

    package init() {}

    mutating func reap(_ file: ReapCandidate) {
        reaped.append(File(lfn: file.lfn.description, size: file.size, reason: file.reason.rawValue))
        reapedBytes = reapedBytes.saturated(adding: file.size)
    }

    mutating func keep(_ file: ReapCandidate, _ reason: String) {
        kept.append(File(lfn: file.lfn.description, size: file.size, reason: reason))
    }
}
