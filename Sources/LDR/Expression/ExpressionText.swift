import RLSCore

extension ExpressionNode: CustomStringConvertible {
    var description: String {
        switch self {
        case .and(let nodes): nodes.map { $0.operand(below: .and) }.joined(separator: " and ")
        case .or(let nodes): nodes.map { $0.operand(below: .or) }.joined(separator: " or ")
        case .not(let node): "not " + node.operand(below: .not)
        case .compare(let field, let comparison, let literal): "\(field) \(comparison.rawValue) \(literal)"
        case .like(let field, let pattern): "\(field) like \(ExpressionLiteral.text(pattern.source))"
        case .isIn(let field, let list): "\(field) in (\(list))"
        }
    }

    private enum Binding: Int {
        case or
        case and
        case not
        case comparison
    }

    private var binding: Binding {
        switch self {
        case .or: .or
        case .and: .and
        case .not: .not
        case .compare, .like, .isIn: .comparison
        }
    }

    /// No parentheses but those that are needed: they count against the depth. `not not` needs none.
    private func operand(below parent: Binding) -> String {
        let isTighter = binding.rawValue > parent.rawValue || parent == .not && binding == .not
        return isTighter ? description : "(\(description))"
    }
}

extension ExpressionField: CustomStringConvertible {
    var description: String {
        guard case .attribute(let name) = self else { return name }
        let isPlain =
            ExpressionField(name) == self && ExpressionWord.isName(name.utf8)
            && ExpressionWord(rawValue: name.lowercased()) == nil
        return isPlain ? name : ExpressionQuoting.quoted(Array(name.utf8), by: UInt8(ascii: "`"))
    }
}

extension ExpressionLiteral: CustomStringConvertible {
    var description: String {
        switch self {
        case .number(.integer(let integer)): "\(integer)"
        // The shortest that reads as the same number, with a point or an exponent.
        case .number(.decimal(let decimal)): "\(decimal)"
        case .text(let text): ExpressionQuoting.quoted(text.bytes, by: UInt8(ascii: "'"))
        }
    }
}

extension ExpressionList: CustomStringConvertible {
    var description: String {
        (numbers.map(ExpressionLiteral.number) + texts.map(ExpressionLiteral.text)).map(\.description)
            .joined(separator: ", ")
    }
}

enum ExpressionQuoting {
    /// What is not UTF-8 and what does not print is written as `\xHH`.
    static func quoted(_ bytes: [UInt8], by quote: UInt8) -> String {
        var result = [quote]
        UTF8Runs.forEach(in: bytes) { run, isValid in
            for byte in run {
                switch byte {
                case quote, UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
                case UInt8(ascii: "\n"): result += Array("\\n".utf8)
                case UInt8(ascii: "\r"): result += Array("\\r".utf8)
                case UInt8(ascii: "\t"): result += Array("\\t".utf8)
                case 0..<0x20, 0x7f: result += escape(byte)
                default: isValid ? result.append(byte) : result.append(contentsOf: escape(byte))
                }
            }
        }
        return String(decoding: result + [quote], as: UTF8.self)
    }

    private static func escape(_ byte: UInt8) -> [UInt8] { Array("\\x".utf8) + Hexadecimal.digits(byte) }
}
