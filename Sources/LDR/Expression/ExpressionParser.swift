import RLSCore

/// Recursive descent, no deeper than the limit.
struct ExpressionParser {
    private var scanner: ExpressionScanner
    private var token = ExpressionToken.end
    /// Where `token` begins.
    private var start = 0
    private var depth = 0

    init(_ text: String) throws(ExpressionError) {
        guard text.utf8.count <= ExpressionLimits.length else {
            throw ExpressionError(column: 1, message: "an expression has at most \(ExpressionLimits.length) bytes")
        }
        scanner = ExpressionScanner(text)
        try advance()
    }

    mutating func parse() throws(ExpressionError) -> ExpressionNode {
        let node = try disjunction()
        guard token == .end else { throw unexpected("`and`, `or` or the end") }
        return node
    }

    // MARK: Grammar

    private mutating func disjunction() throws(ExpressionError) -> ExpressionNode {
        var nodes = [try conjunction()]
        while token == .word(.or) {
            try advance()
            nodes.append(try conjunction())
        }
        return nodes.count == 1 ? nodes[0] : .or(nodes)
    }

    private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
        var nodes = [try negation()]
        while token == .word(.and) {
            try advance()
            nodes.append(try negation())
        }
        return nodes.count == 1 ? nodes[0] : .and(nodes)
    }

    private mutating func negation() throws(ExpressionError) -> ExpressionNode {
        guard token == .word(.not) else { return try operand() }
        try descend()
        defer { depth -= 1 }
        return .not(try negation())
    }

    private mutating func operand() throws(ExpressionError) -> ExpressionNode {
        switch token {
        case .open:
            try descend()
            defer { depth -= 1 }
            let node = try disjunction()
            guard token == .close else { throw unexpected("`)`") }
            try advance()
            return node
        case .field(let field):
            try advance()
            return try comparison(of: field)
        default:
            throw unexpected("the name of a field, `not` or `(`")
        }
    }

    private mutating func comparison(of field: ExpressionField) throws(ExpressionError) -> ExpressionNode {
        switch token {
        case .comparison(let comparison):
            try advance()
            return .compare(field, comparison, try literal(of: field))
        case .word(.like):
            try advance()
            return try pattern(of: field)
        case .word(.isIn):
            try advance()
            return .isIn(field, try list(of: field))
        case .word(.not):
            try descend()
            defer { depth -= 1 }
            guard token == .word(.like) || token == .word(.isIn) else { throw unexpected("`in` or `like`") }
            return .not(try comparison(of: field))
        default:
            throw unexpected("a comparison (= != < <= > >= like in)")
        }
    }

    private mutating func pattern(of field: ExpressionField) throws(ExpressionError) -> ExpressionNode {
        guard case .text(let pattern, _) = token else { throw unexpected("a pattern, as 'H-%'") }
        guard field.mayBeText else { throw error("`\(field)` is a number; `like` is for texts") }
        try advance()
        return .like(field, SQLPattern(pattern))
    }

    private mutating func list(of field: ExpressionField) throws(ExpressionError) -> ExpressionList {
        guard token == .open else { throw unexpected("`(` and a list of values") }
        var literals: [ExpressionLiteral] = []
        repeat {
            try advance()
            guard literals.count < ExpressionLimits.list else {
                throw error("a list has at most \(ExpressionLimits.list) values")
            }
            literals.append(try literal(of: field))
        } while token == .comma
        guard token == .close else { throw unexpected("`,` or `)`") }
        try advance()
        return ExpressionList(literals)
    }

    private mutating func literal(of field: ExpressionField) throws(ExpressionError) -> ExpressionLiteral {
        let literal: ExpressionLiteral
        switch token {
        case .number(let number):
            guard field.mayBeNumber else { throw error("`\(field)` is a text; write '\(number.text)'") }
            literal = .number(number)
        case .text(let text, let isPattern):
            guard field.mayBeText else { throw error("`\(field)` is a number; write it without quotes") }
            guard !isPattern else { throw error("\\% and \\_ are for patterns after `like`") }
            literal = .text(text)
        default:
            throw unexpected("a number or a 'text'")
        }
        try advance()
        return literal
    }

    // MARK: Tokens

    private mutating func advance() throws(ExpressionError) { (token, start) = try scanner.next() }

    private mutating func descend() throws(ExpressionError) {
        guard depth < ExpressionLimits.depth else {
            throw error("more than \(ExpressionLimits.depth) parentheses and `not` within each other")
        }
        depth += 1
        try advance()
    }

    private func error(_ message: String) -> ExpressionError { scanner.error(message, at: start) }

    private func unexpected(_ expected: String) -> ExpressionError {
        error("\(expected) was expected, not \(token.found)")
    }
}

extension ExpressionNumber {
    fileprivate var text: String { ExpressionLiteral.number(self).description }
}
