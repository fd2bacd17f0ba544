import RLSCore

/// Words with a meaning; in any case, as in SQL.
enum ExpressionWord: String, Sendable, CaseIterable {
    case and
    case or
    case not
    case isIn = "in"
    case like

    /// What a name may be without quotes. Names of LIGO's attributes and of those with prefixes, `exif:model`, are.
    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, begins(first) else { return false }
        return bytes.allSatisfy(continues)
    }

    static func begins(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }

    static func continues(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"): true
        default: begins(byte)
        }
    }
}

enum ExpressionToken: Sendable, Hashable {
    case word(ExpressionWord)
    case field(ExpressionField)
    case number(ExpressionNumber)
    /// With `\%` or `\_` it is a pattern.
    case text(ByteString, isPattern: Bool)
    case comparison(ExpressionComparison)
    case open
    case close
    case comma
    case end

    /// For errors.
    var found: String {
        switch self {
        case .word(let word): "`\(word.rawValue)`"
        case .field(let field): "the field \(field)"
        case .number(let number): "the number \(ExpressionLiteral.number(number))"
        case .text: "a text"
        case .comparison(let comparison): "`\(comparison.rawValue)`"
        case .open: "`(`"
        case .close: "`)`"
        case .comma: "`,`"
        case .end: "the end"
        }
    }
}
