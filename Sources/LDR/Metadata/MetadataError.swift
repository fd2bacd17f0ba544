/// Something about metadata or its log is wrong; the store itself works.
package struct MetadataError: Error, Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        /// A record, name or site that is beyond the limits.
        case invalid
        /// Bytes of a log that are not what its format or its checksum says.
        case damaged
        /// The log of another site, or changes that its site may not speak of.
        case foreign
        /// A clock that is too far from this machine's.
        case clock
        /// The log, or a file of it, cannot be had now.
        case unavailable
    }

    package let reason: Reason
    /// Names the thing and what to do.
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// The same, of a larger thing: a file, a segment, a site.
    func of(_ thing: String) -> MetadataError { MetadataError(reason, "\(thing): \(message)") }

    static func damaged(_ message: String) -> MetadataError { MetadataError(.damaged, message) }
}

extension MetadataError: CustomStringConvertible {
    package var description: String { message }
}
