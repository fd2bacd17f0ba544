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
        // Names in it may be of somebody who would like to write lines of his own into a log.
        let isPlain = message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        let plain = isPlain ? message : String(message.map { $0.isPrintable ? $0 : "?" })
        self.message = plain.utf8.count > 2_000 ? String(plain.prefix(1_000)) + "…" : plain
    }

    /// The same, of a larger thing: a file, a segment, a site.
    func of(_ thing: String) -> MetadataError { MetadataError(reason, "\(thing): \(message)") }

    static func damaged(_ message: String) -> MetadataError { MetadataError(.damaged, message) }
}

extension Character {
    fileprivate var isPrintable: Bool { unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } }
}

extension MetadataError: CustomStringConvertible {
    package var description: String { message }
}
