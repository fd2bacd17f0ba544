import RLSCore

/// The form of names: `{site:letters}-{frameType:word}-{gpsStart:integer}-{duration:integer}.gwf`.
///
/// `{attribute:kind}` is a part that becomes an attribute, `{:kind}` one that does not; all else stands for itself,
/// `{{` and `}}` for braces. Kinds: `letters`, `digits`, `word` (letters, digits, `_`), `integer` (digits, as an
/// integer), `number` (digits with or without a point, as a decimal), `text` (UTF-8 without `/`), `interferometer` (a
/// capital and a digit, H1). Each part takes as much as it can.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        case letters
        case digits
        case word
        case integer
        case number
        case text
        case interferometer
    }

    enum Part: Sendable, Hashable {
        case literal([UInt8])
        /// Without a name it is not kept.
        case field(name: String?, kind: Kind)
    }

    /// Bytes of a name that is looked at.
    static let longestName = 1024
    static let mostFields = 32

    let parts: [Part]
    package let description: String

    package init(parsing text: String) throws(NameRuleError) {
        description = text
        parts = try NamePatternParser.parts(text)
    }

    /// Whether it is for the whole LFN rather than for what follows its last slash.
    package var hasDirectories: Bool {
        parts.contains { if case .literal(let text) = $0 { text.contains(UInt8(ascii: "/")) } else { false } }
    }

    /// The attributes it names; empty for those it does not.
    package var names: [String] {
        parts.compactMap { if case .field(let name, _) = $0 { name } else { nil } }
    }

    /// nil when the name has another form.
    package func attributes(of name: ByteString) -> [String: MetadataValue]? {
        guard name.count <= Self.longestName else { return nil }
        var match = NameMatch(name: name.bytes, parts: parts)
        guard match.matches() else { return nil }
        return match.attributes()
    }
}

/// Why a text is no rule for names.
package struct NameRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ text: String, _ message: String) { description = "the rule for names `\(text)` cannot be used: \(message)" }
}

/// A pattern and a name, part by part. What failed once from a place is not tried from there again: the work is
/// bounded by fields × bytes × bytes, whatever the pattern.
private struct NameMatch {
    let name: [UInt8]
    let parts: [NamePattern.Part]
    private var failed: Set<Place> = []
    private var ends: [Int]

    private struct Place: Hashable {
        let part: Int
        let position: Int
    }

    init(name: [UInt8], parts: [NamePattern.Part]) {
        self.name = name
        self.parts = parts
        ends = Array(repeating: 0, count: parts.count)
    }

    mutating func matches() -> Bool { matches(part: 0, at: 0) }

    private mutating func matches(part: Int, at position: Int) -> Bool {
        guard part < parts.count else { return position == name.count }
        let place = Place(part: part, position: position)
        if failed.contains(place) { return false }
        switch parts[part] {
        case .literal(let text):
            if name[position...].starts(with: text), matches(part: part + 1, at: position + text.count) { return true }
        case .field(_, let kind):
            for end in kind.ends(in: name, from: position).reversed() where matches(part: part + 1, at: end) {
                ends[part] = end
                return true
            }
        }
        failed.insert(place)
        return false
    }

    /// After a match. nil for a number that is too large, as for any other name of another form.
    func attributes() -> [String: MetadataValue]? {
        var result: [String: MetadataValue] = [:]
        var position = 0
        for (index, part) in parts.enumerated() {
            switch part {
            case .literal(let text): position += text.count
            case .field(let attribute, let kind):
                guard let value = kind.value(Array(name[position..<ends[index]])) else { return nil }
                if let attribute { result[attribute] = value }
                position = ends[index]
            }
        }
        return result
    }
}

extension NamePattern.Kind {
    /// Where a part that begins at `start` may end, in ascending order; never empty parts.
    fileprivate func ends(in name: [UInt8], from start: Int) -> [Int] {
        let run = name[start...].prefix(while: accepts)
        switch self {
        case .letters, .digits, .word, .integer, .text:
            return Array((start + 1)..<(max(start, run.endIndex) + 1))
        case .number:
            return ((start + 1)..<(max(start, run.endIndex) + 1)).filter { Self.isNumber(name[start..<$0]) }
        case .interferometer:
            let isOne = run.count >= 2 && Self.isCapital(run[start]) && Self.isDigit(run[start + 1])
            return isOne ? [start + 2] : []
        }
    }

    private func accepts(_ byte: UInt8) -> Bool {
        switch self {
        case .letters: Self.isLetter(byte)
        case .digits, .integer: Self.isDigit(byte)
        case .number: Self.isDigit(byte) || byte == UInt8(ascii: ".")
        case .word: Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "_")
        case .interferometer: Self.isLetter(byte) || Self.isDigit(byte)
        case .text: byte != UInt8(ascii: "/")
        }
    }

    /// nil for an integer of more than 64 bits and a text that is not UTF-8.
    fileprivate func value(_ bytes: [UInt8]) -> MetadataValue? {
        guard UTF8Runs.isValid(bytes) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        switch self {
        case .letters, .digits, .word, .text, .interferometer: return .text(text)
        case .integer: return Int64(text).map { .integer($0) }
        case .number: return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
        }
    }

    private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.allSatisfy { !$0.isEmpty }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        isCapital(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
