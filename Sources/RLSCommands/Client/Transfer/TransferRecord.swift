import RLSCore

/// How import and export are told to work.
struct TransferOptions: Sendable {
    var isStrict = false
    var startLine = 1
    /// nil: by the ending of the file's name.
    var format: TransferFormat?

    func format(of path: String) -> TransferFormat {
        if let format { return format }
        if path.hasSuffix(".csv") { return .csv }
        if path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson") || path.hasSuffix(".json") { return .jsonLines }
        return .tabs
    }
}

enum TransferFormat: String, Sendable, CaseIterable {
    /// Separated by tabs, or by blanks where a line has no tab.
    case tabs = "tsv"
    case csv
    case jsonLines = "jsonl"
}

/// A line of a transfer file: a mapping and attribute values of its names.
struct TransferRecord: Sendable, Hashable {
    var mapping: Mapping
    var attributes: [AttributeWord] = []
}

/// `[pfn:]name[:type]=value`. Without a type it is the definition's, or what the value looks like.
struct AttributeWord: Sendable, Hashable {
    var kind: NameKind
    var name: ByteString
    var type: AttributeType?
    var value: ByteString

    init(kind: NameKind, name: ByteString, type: AttributeType?, value: ByteString) {
        self.kind = kind
        self.name = name
        self.type = type
        self.value = value
    }

    /// nil when the word is not of that form.
    init?(_ word: some Collection<UInt8>) {
        guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        guard let (kind, name, type) = Self.key(ByteString(word[..<equals])) else { return nil }
        self.init(kind: kind, name: name, type: type, value: ByteString(word[word.index(after: equals)...]))
    }

    /// `[pfn:]name[:type]`
    static func key(_ text: ByteString) -> (NameKind, ByteString, AttributeType?)? {
        var parts = text.bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)[...]
        var kind = NameKind.lfn
        if parts.count > 1, let first = parts.first, ["lfn", "pfn"].contains(ByteString(first)) {
            kind = ByteString(first) == "pfn" ? .pfn : .lfn
            parts = parts.dropFirst()
        }
        var type: AttributeType?
        if parts.count > 1, let last = parts.last {
            guard let known = AttributeType(name: ByteString(last).description) else { return nil }
            type = known
            parts = parts.dropLast()
        }
        guard parts.count == 1, let name = parts.first, !name.isEmpty else { return nil }
        let isPlain = name.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte >= 0x80
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        return isPlain ? (kind, ByteString(name), type) : nil
    }

    /// The type of an attribute that nobody has defined yet.
    var likelyType: AttributeType {
        [AttributeType.date, .int, .float].first { AttributeValue(value, as: $0) != nil } ?? .string
    }
}

/// Why a line is no record.
struct BadLine: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
