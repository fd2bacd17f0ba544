/// The checksums that a file's record may have.
package enum ChecksumKind: String, Sendable, CaseIterable {
    case adler32, md5, sha256

    /// Bytes of a checksum.
    package var count: Int {
        switch self {
        case .adler32: 4
        case .md5: 16
        case .sha256: 32
        }
    }
}

/// A text is no checksum.
package struct ChecksumTextError: Error, CustomStringConvertible {
    package let description: String
}

extension Checksums {
    /// Those that are known.
    package var kinds: Set<ChecksumKind> { Set(ChecksumKind.allCases.filter { self[$0] != nil }) }

    /// The known one that is hardest to meet by chance or on purpose.
    package var strongest: ChecksumKind? { ChecksumKind.allCases.last { self[$0] != nil } }

    /// The bytes of a checksum, most significant first. What has another number of bytes than its kind is not taken.
    package subscript(kind: ChecksumKind) -> [UInt8]? {
        get {
            switch kind {
            case .adler32: adler32.map { value in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
            case .md5: md5
            case .sha256: sha256
            }
        }
        set {
            guard newValue == nil || newValue?.count == kind.count else { return }
            switch kind {
            case .adler32: adler32 = newValue?.reduce(0) { $0 << 8 | UInt32($1) }
            case .md5: md5 = newValue
            case .sha256: sha256 = newValue
            }
        }
    }

    /// `adler32:0a1b2c3d`, `md5:…`, `sha256:…`: those that are known, in this order.
    package var texts: [String] {
        ChecksumKind.allCases.compactMap { kind in self[kind].map { "\(kind.rawValue):\(Hexadecimal.lowercase($0))" } }
    }

    /// Reads `adler32:0a1b2c3d`, `md5:…` or `sha256:…`; letters may be of either case, and an Adler-32 may lack its
    /// first zeros, as some tools print it.
    package mutating func add(_ text: String) throws(ChecksumTextError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = ChecksumKind(rawValue: parts[0].lowercased()) else {
            throw ChecksumTextError(
                description: "checksum \(text.prefix(100)): write adler32:, md5: or sha256: and hexadecimal digits")
        }
        let digits = kind.count * 2
        let missing = kind == .adler32 && !parts[1].isEmpty ? max(0, digits - parts[1].utf8.count) : 0
        let value = Hexadecimal.bytes((String(repeating: "0", count: missing) + parts[1]).utf8)
        guard let value, value.count == kind.count else {
            throw ChecksumTextError(
                description: "checksum \(text.prefix(100)): \(kind.rawValue) has \(digits) hexadecimal digits")
        }
        self[kind] = value
    }

    package init(texts: [String]) throws(ChecksumTextError) {
        self.init()
        for text in texts { try add(text) }
    }

    /// Of the kinds that both know, the first in which they differ.
    package func firstDifference(from other: Checksums) -> ChecksumKind? {
        ChecksumKind.allCases.first { kind in
            if let own = self[kind], let its = other[kind] { own != its } else { false }
        }
    }
}
