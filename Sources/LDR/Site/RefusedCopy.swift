import RLSCore

/// A copy that a catalog does not take.
package struct RefusedCopy: Error, Sendable, Hashable, CustomStringConvertible {
    package let mapping: Mapping
    package let reason: String

    package init(_ mapping: Mapping, _ reason: String) {
        self.mapping = mapping
        self.reason = reason
    }

    package var description: String { "the catalog does not take \(mapping.pfn) of \(mapping.lfn): \(reason)" }
}

extension Mapping {
    /// Why no catalog takes it, if so.
    var lengthProblem: String? {
        let limit = NameLimits.maximumLength
        if lfn.count > limit { return "the LFN has \(lfn.count) bytes, more than \(limit)" }
        if pfn.count > limit { return "the PFN has \(pfn.count) bytes, more than \(limit)" }
        return nil
    }
}

extension StatusCode {
    private static let ofServers: Set<StatusCode> = [
        .globusError, .invalidHandle, .noMemory, .badMethod, .invalidServer, .databaseError, .unsupported, .timeout,
        .tooManyConnections,
    ]

    /// Whether a server that answers so refuses a name, and is well itself.
    var concernsNames: Bool { !Self.ofServers.contains(self) }
}
