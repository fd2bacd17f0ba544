import RLSCore

/// Cuts an expression into tokens.
struct ExpressionScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Skips blanks and reads one token; `.end` for ever after the last.
    mutating func next() throws(ExpressionError) -> (token: ExpressionToken, start: Int) {
        skipBlanks()
        let start = position
        guard let byte = peek() else { return (.end, start) }
        let token: ExpressionToken
        switch byte {
        case UInt8(ascii: "("): token = single(.open)
        case UInt8(ascii: ")"): token = single(.close)
        case UInt8(ascii: ","): token = single(.comma)
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): token = try comparison(byte)
        case UInt8(ascii: "'"), UInt8(ascii: "\""): token = try text(quote: byte)
        case UInt8(ascii: "`"): token = try quotedName()
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): token = try number()
        case _ where ExpressionWord.begins(byte): token = name()
        default: throw error("`\(character(at: position))` has no meaning here", at: start)
        }
        return (token, start)
    }

    func error(_ message: String, at offset: Int) -> ExpressionError {
        ExpressionError(column: String(decoding: bytes[..<offset], as: UTF8.self).count + 1, message: message)
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func character(at offset: Int) -> Character {
        String(decoding: bytes[offset...], as: UTF8.self).first ?? " "
    }

    private mutating func skipBlanks() {
        while let byte = peek(), [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private mutating func single(_ token: ExpressionToken) -> ExpressionToken {
        position += 1
        return token
    }

    private mutating func comparison(_ byte: UInt8) throws(ExpressionError) -> ExpressionToken {
        let start = position
        var symbol = String(UnicodeScalar(byte))
        position += 1
        if byte != UInt8(ascii: "="), peek() == UInt8(ascii: "=") {
            symbol += "="
            position += 1
        }
        guard let comparison = ExpressionComparison(rawValue: symbol) else {
            throw error("`!` has no meaning alone; write `!=` or `not`", at: start)
        }
        return .comparison(comparison)
    }

    private mutating func name() -> ExpressionToken {
        let start = position
        while let byte = peek(), ExpressionWord.continues(byte) { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        return ExpressionWord(rawValue: name.lowercased()).map { .word($0) } ?? .field(ExpressionField(name))
    }

    private mutating func quotedName() throws(ExpressionError) -> ExpressionToken {
        let start = position
        let (name, isPattern) = try quoted(by: UInt8(ascii: "`"))
        guard !name.isEmpty, !isPattern, UTF8Runs.isValid(name) else {
            throw error("this cannot be the name of an attribute", at: start)
        }
        return .field(.attribute(String(decoding: name, as: UTF8.self)))
    }

    private mutating func text(quote: UInt8) throws(ExpressionError) -> ExpressionToken {
        let (text, isPattern) = try quoted(by: quote)
        return .text(ByteString(text), isPattern: isPattern)
    }
}

// MARK: Numbers

extension ExpressionScanner {
    private mutating func number() throws(ExpressionError) -> ExpressionToken {
        let start = position
        if peek() == UInt8(ascii: "-") { position += 1 }
        var isWhole = true
        guard skipDigits() else { throw error("digits were expected after `-`", at: position) }
        if peek() == UInt8(ascii: ".") {
            position += 1
            isWhole = false
            guard skipDigits() else { throw error("digits were expected after the point", at: position) }
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            isWhole = false
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() else { throw error("digits were expected in the exponent", at: position) }
        }
        if let byte = peek(), ExpressionWord.continues(byte) {
            throw error("a number ends in `\(character(at: position))`; write texts as 'text'", at: position)
        }
        return .number(try value(String(decoding: bytes[start..<position], as: UTF8.self), isWhole: isWhole, at: start))
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }

    private func value(_ digits: String, isWhole: Bool, at start: Int) throws(ExpressionError) -> ExpressionNumber {
        if isWhole {
            guard let integer = Int64(digits) else {
                throw error("the integer has more than 64 bits; write a decimal, as 1e30", at: start)
            }
            return .integer(integer)
        }
        guard let decimal = Double(digits), decimal.isFinite else {
            throw error("the number is too large", at: start)
        }
        return .decimal(decimal)
    }
}

// MARK: Quotes

extension ExpressionScanner {
    private mutating func quoted(by quote: UInt8) throws(ExpressionError) -> (bytes: [UInt8], isPattern: Bool) {
        let start = position
        var result: [UInt8] = []
        var isPattern = false
        position += 1
        while let byte = peek() {
            position += 1
            if byte == quote { return (result, isPattern) }
            if byte == 0 { throw error("no name or text has a NUL byte", at: position - 1) }
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escaped = try escape()
            isPattern = isPattern || escaped.count == 2
            result += escaped
        }
        throw error("the closing \(String(UnicodeScalar(quote))) is missing", at: start)
    }

    /// What follows a backslash. One byte; two for those that only patterns have.
    private mutating func escape() throws(ExpressionError) -> [UInt8] {
        let start = position - 1
        guard let byte = peek() else { throw error("the text ends in a backslash", at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [UInt8(ascii: "\n")]
        case UInt8(ascii: "r"): return [UInt8(ascii: "\r")]
        case UInt8(ascii: "t"): return [UInt8(ascii: "\t")]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): return [byte]
        case UInt8(ascii: "%"), UInt8(ascii: "_"): return [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "x"): return [try hexadecimal(start)]
        default:
            throw error(
                "unknown escape; known are \\\\ \\' \\\" \\` \\n \\r \\t \\xHH, and \\% and \\_ in patterns", at: start)
        }
    }

    private mutating func hexadecimal(_ start: Int) throws(ExpressionError) -> UInt8 {
        guard position + 2 <= bytes.count, let byte = Hexadecimal.value(bytes[position], bytes[position + 1]), byte != 0
        else { throw error("two hexadecimal digits of a byte that is not NUL were expected after \\x", at: start) }
        position += 2
        return byte
    }
}
