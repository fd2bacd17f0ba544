import RLSCore

/// A condition on a published file: `frameType = 'R' and gpsStart >= 1126256640 and not site in ('H', 'L')`.
///
/// - Fields: `lfn`, `size`, `collection`, `publisher` (the site of the last change); every other name is an attribute.
///   `` `name` `` is always an attribute, whatever it is called.
/// - Literals: `12`, `-1.5e3`, `'text'` or `"text"`, with `\\ \' \" \n \r \t` and `\xHH` for any byte.
/// - Operators: `= != < <= > >=`, `like 'pattern'` (`%` any bytes, `_` one byte, `\%` and `\_` themselves), `in (…)`,
///   `and`, `or`, `not`, parentheses. `not in` and `not like` are short for `not (… in …)`.
///
/// A comparison with an attribute that the file lacks, or that is of another type, is false, with `!=` too; so
/// `not a = 1` is true of a file without `a`. Integers and decimals compare by their exact values, texts byte by byte.
package struct Expression: Sendable, Hashable, CustomStringConvertible {
    let root: ExpressionNode

    init(root: ExpressionNode) { self.root = root }

    package init(parsing text: String) throws(ExpressionError) {
        var parser = try ExpressionParser(text)
        root = try parser.parse()
        // What is stored is what is printed: it must be short enough to be read again.
        guard root.description.utf8.count <= ExpressionLimits.length else {
            throw ExpressionError(column: 1, message: "the expression is too long when written out")
        }
    }

    /// Parses back to an equal expression.
    package var description: String { root.description }

    package func matches(_ file: FileRecord, publisher: String) -> Bool {
        root.matches(file, publisher)
    }

    /// What it looks at: attributes and, under their own names, the fields that every file has.
    package var fields: Set<String> {
        var names: Set<String> = []
        root.collectFields(&names)
        return names
    }
}

/// An expression comes from people and other programs.
enum ExpressionLimits {
    /// Bytes.
    static let length = 65_536
    /// Parentheses and `not` within each other.
    static let depth = 100
    /// Values in one list.
    static let list = 10_000
}

/// Why a text is no expression.
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first character has column 1.
    package let column: Int
    package let message: String

    package var description: String { "column \(column): \(message)" }
}
