/// A wildcard pattern as the protocol carries it: `%` any bytes, `_` one byte, `\` before a literal. Bytewise, case matters.
public struct SQLPattern: Hashable, Sendable {
    enum Token: Hashable, Sendable {
        case literal(UInt8)
        case one
        case many
    }

    public let source: ByteString
    /// Literal bytes that every match begins with: the part an index can use.
    public let prefix: ByteString
    private let tokens: [Token]

    public init(_ source: ByteString) {
        self.source = source
        let tokens = Self.parse(source.bytes)
        self.tokens = tokens
        prefix = ByteString(
            tokens.prefix { if case .literal = $0 { true } else { false } }.map {
                if case .literal(let byte) = $0 { byte } else { 0 }
            })
    }

    /// True when the pattern has no wildcard: only `prefix` itself matches.
    public var isLiteral: Bool { prefix.count == tokens.count }
    /// True when everything that begins with `prefix` matches.
    public var matchesWholePrefix: Bool { tokens.count == prefix.count + 1 && tokens.last == .many }

    private static func parse(_ bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        tokens.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                index += 1
                tokens.append(.literal(bytes[index]))
            case UInt8(ascii: "%"):
                if tokens.last != .many { tokens.append(.many) }
            case UInt8(ascii: "_"):
                tokens.append(.one)
            case let byte:
                tokens.append(.literal(byte))
            }
            index += 1
        }
        return tokens
    }

    /// Greedy with one point to return to: at most name × pattern steps, whatever the pattern.
    public func matches(_ name: Span<UInt8>) -> Bool {
        if matchesWholePrefix { return begins(name) }
        var position = 0
        var token = 0
        var retry: (token: Int, position: Int)?
        while position < name.count {
            if token < tokens.count, tokens[token] == .many {
                retry = (token + 1, position)
                token += 1
            } else if token < tokens.count, tokens[token] == .one || tokens[token] == .literal(name[position]) {
                token += 1
                position += 1
            } else if let point = retry {
                retry = (point.token, point.position + 1)
                token = point.token
                position = point.position + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .many }
    }

    public func matches(_ name: ByteString) -> Bool { matches(name.bytes.span) }

    private func begins(_ name: Span<UInt8>) -> Bool {
        guard name.count >= prefix.count else { return false }
        for index in 0..<prefix.count where name[index] != prefix.bytes[index] { return false }
        return true
    }
}

extension SQLPattern {
    /// Unix wildcards `*` and `?` as users type them; `\` keeps its meaning, `%` and `_` are literals.
    public init(glob: ByteString) {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in glob.bytes {
            switch byte {
            case UInt8(ascii: "\\") where !isEscaped:
                isEscaped = true
                continue
            case UInt8(ascii: "*") where !isEscaped:
                result.append(UInt8(ascii: "%"))
            case UInt8(ascii: "?") where !isEscaped:
                result.append(UInt8(ascii: "_"))
            case UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "\\"):
                result += [UInt8(ascii: "\\"), byte]
            default:
                result.append(byte)
            }
            isEscaped = false
        }
        if isEscaped { result += [UInt8(ascii: "\\"), UInt8(ascii: "\\")] }
        self.init(ByteString(result))
    }
}

extension ByteString {
    /// The smallest byte string above every one that begins with this; nil when there is none.
    public var prefixEnd: ByteString? {
        var bytes = self.bytes
        while let last = bytes.last {
            if last < 0xff {
                bytes[bytes.count - 1] = last + 1
                return ByteString(bytes)
            }
            bytes.removeLast()
        }
        return nil
    }
}
