import RLSCore

/// A file to be fetched from one source.
package struct TransferRequest: Sendable, Hashable {
    /// Of the queue's row; no two requests in progress have the same.
    package let id: Int
    /// The PFN: an absolute URL, percent-encoded or not.
    package let source: ByteString
    /// Absolute path of the file that is written meanwhile; `IncomingDirectory` names it. Its directory exists.
    package let destination: String
    package let expected: FileRecord

    package init(id: Int, source: ByteString, destination: String, expected: FileRecord) {
        self.id = id
        self.source = source
        self.destination = destination
        self.expected = expected
    }
}

/// How a transfer ended.
package enum TransferOutcome: Sendable, Equatable {
    /// The tool says that the file is complete; `Landing` has yet to verify it. `bytes` are those that were moved
    /// now, without what an earlier attempt had brought.
    case success(bytes: Int64, seconds: Double)
    case failure(TransferFailure)

    package var failure: TransferFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

/// Why a file did not come.
package struct TransferFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The source answers and has no such file.
        case sourceMissing
        /// The source does not let us have it, or we do not trust the source.
        case sourceRefused
        /// The source does not answer, is out of service, or broke off.
        case sourceUnreachable
        case sizeDiffers
        case checksumDiffers
        /// No space, or none for us, where the file is to be written.
        case diskFull
        /// No connection, no growth, or no end within the time of the settings.
        case timedOut
        /// This side stopped the transfer: it was cancelled or had no chance to begin.
        case interrupted
        /// No tool for this kind of URL, or a URL that the tool cannot take.
        case unsupported
        /// Something is wrong at this site: a missing program, an expired credential, a directory without permission.
        case localError
        /// A file with other content has the name that this one should have.
        case occupied
        /// This site's catalog does not answer, or does not do as it is asked.
        case catalog
        case other

        /// Another source of the same file may well succeed, and this one should be trusted less for a while. What this
        /// site is to blame for fails with every source.
        package var isSourceFault: Bool {
            switch self {
            case .sourceMissing, .sourceRefused, .sourceUnreachable, .sizeDiffers, .checksumDiffers, .timedOut: true
            case .diskFull, .interrupted, .unsupported, .localError, .occupied, .catalog, .other: false
            }
        }

        /// The same attempt, with the same source, fails again until somebody changes something there. Those that are
        /// not permanent pass by themselves: a network, a restart, a full disk that is being emptied.
        package var isPermanent: Bool {
            switch self {
            case .sourceMissing, .sourceRefused, .sizeDiffers, .checksumDiffers, .unsupported: true
            case .sourceUnreachable, .diskFull, .timedOut, .interrupted, .localError, .occupied, .catalog, .other: false
            }
        }
    }

    package let kind: Kind
    /// For people: one line, of what others say only printable characters.
    package let message: String
    /// Any other file would have failed for the same reason, as without a credential or a program: no fault of this one.
    package let isOfSite: Bool

    package init(_ kind: Kind, _ message: String, isOfSite: Bool = false) {
        self.isOfSite = isOfSite
        self.kind = kind
        self.message = Self.printable(message)
    }

    package var description: String { "\(kind.rawValue): \(message)" }

    /// No attempt that counts: nothing becomes stuck by it.
    var isForgiven: Bool { isOfSite || [.diskFull, .catalog].contains(kind) }

    private static func printable(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(2000).map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        return String(String(line).split(separator: " ").joined(separator: " ").prefix(500))
    }
}
