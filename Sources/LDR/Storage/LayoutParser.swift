/// Reads layout templates.
enum LayoutParser {
    /// Bytes.
    private static let longest = 4096

    static func components(_ text: String) throws(LayoutError) -> [[LayoutPart]] {
        guard text.utf8.count <= longest else { throw LayoutError("a layout has at most \(longest) bytes") }
        var components: [[LayoutPart]] = [[]]
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "/"):
                components[components.count - 1] += parts(literal)
                components.append([])
                literal = []
            case UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw problem(text, "a `{` has no `}`")
                }
                components[components.count - 1] += parts(literal)
                literal = []
                components[components.count - 1].append(
                    try placeholder(String(decoding: rest[..<end], as: UTF8.self), in: text))
                rest = rest[(end + 1)...]
            case UInt8(ascii: "}"):
                throw problem(text, "a `}` has no `{`")
            case 0..<0x20, 0x7f, UInt8(ascii: "%"):
                throw problem(text, "a directory's name must not have `%` or control characters")
            default:
                literal.append(byte)
            }
        }
        components[components.count - 1] += parts(literal)
        try check(components, of: text)
        return components
    }

    private static func parts(_ literal: [UInt8]) -> [LayoutPart] { literal.isEmpty ? [] : [.text(literal)] }

    private static func problem(_ text: String, _ message: String) -> LayoutError {
        LayoutError("the layout `\(text)` cannot be used: \(message)")
    }

    private static func check(_ components: [[LayoutPart]], of text: String) throws(LayoutError) {
        for component in components {
            guard let first = component.first else {
                throw problem(text, "it must not begin or end with a slash, nor have two together")
            }
            if case .text(let name) = first, name.first == UInt8(ascii: ".") {
                throw problem(text, "names that begin with a dot are for unfinished files")
            }
        }
        guard !components.dropLast().joined().contains(.lfnTree) else {
            throw problem(text, "{lfn:tree} must be in the last component")
        }
        let last = components[components.count - 1]
        guard last.count(where: \.isLFN) == 1 else {
            throw problem(text, "the last component must have {lfn} or {lfn:tree}, once")
        }
        guard last.allSatisfy(isFixed) else {
            throw problem(
                text, "beside {lfn} the last component may only have text and {hash:N}, or two files could share a path"
            )
        }
    }

    private static func isFixed(_ part: LayoutPart) -> Bool {
        switch part {
        case .text, .hash: true
        case .value, .quotient, .remainder, .lfnTree: part.isLFN
        }
    }

    private static func placeholder(_ name: String, in text: String) throws(LayoutError) -> LayoutPart {
        if name == "lfn:tree" { return .lfnTree }
        if name == "hash" || name.hasPrefix("hash:") { return try hash(name, in: text) }
        if let place = name.lastIndex(where: { $0 == "/" || $0 == "%" }) {
            let field = try field(String(name[..<place]), in: text)
            guard let divisor = Int64(name[name.index(after: place)...]), divisor > 0 else {
                throw problem(text, "`{\(name)}` needs a number above 0 after `\(name[place])`")
            }
            guard field == .size || field.mayBeNumber else { throw problem(text, "`\(field.name)` is no number") }
            return name[place] == "/" ? .quotient(field, divisor) : .remainder(field, divisor)
        }
        return .value(try field(name, in: text))
    }

    private static func hash(_ name: String, in text: String) throws(LayoutError) -> LayoutPart {
        guard let digits = Int(name.dropFirst(5)), (1...8).contains(digits) else {
            throw problem(text, "`{\(name)}` is no number of digits from {hash:1} to {hash:8}")
        }
        return .hash(digits: digits)
    }

    private static func field(_ name: String, in text: String) throws(LayoutError) -> ExpressionField {
        let isName = !name.isEmpty && !name.utf8.contains { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "{") }
        guard isName, !name.hasPrefix("lfn:") else {
            throw problem(text, "`{\(name)}` is no placeholder; known are {attribute}, {lfn}, {lfn:tree}, {hash:N}")
        }
        return ExpressionField(name)
    }
}
