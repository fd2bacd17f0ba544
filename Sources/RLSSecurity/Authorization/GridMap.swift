/// A grid-mapfile: which local users a distinguished name stands for. Lines are `"DN" user[,user…]`; `#` begins a comment.
package struct GridMap: Sendable, Equatable {
    package struct ParseError: Error, CustomStringConvertible, Sendable {
        package let description: String
    }

    /// The file it was read from; empty: none.
    package let path: String
    private let users: [String: [String]]

    package static let none = GridMap(path: "", users: [:])

    private init(path: String, users: [String: [String]]) {
        self.path = path
        self.users = users
    }

    /// - Throws: file and line of what is no entry
    package init(_ text: String, path: String) throws(ParseError) {
        var users: [String: [String]] = [:]
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            var scanner = GridMapLine(line)
            if scanner.isEmpty { continue }
            guard let dn = scanner.word(), let names = scanner.word(), scanner.isEmpty else {
                throw ParseError(description: "\(path):\(index + 1): expected `\"DN\" user[,user…]`")
            }
            let list = names.split(separator: ",").map(String.init)
            guard !dn.isEmpty, !list.isEmpty else {
                throw ParseError(description: "\(path):\(index + 1): expected `\"DN\" user[,user…]`")
            }
            users[Self.normalised(dn), default: []] += list
        }
        self.init(path: path, users: users)
    }

    /// - Throws: when the file cannot be read or is none
    package init(contentsOf path: String) throws(ParseError) {
        let content: FileText.Content
        do throws(FileText.Failure) { content = try FileText.read(path, limit: 16 << 20) } catch {
            throw ParseError(description: "\(path): \(error.cause)")
        }
        try self.init(content.text, path: path)
    }

    package func localUsers(of dn: String) -> [String] { users[Self.normalised(dn)] ?? [] }

    /// Attribute names that libraries of different age write differently.
    private static func normalised(_ dn: String) -> String {
        var result = dn
        for (old, new) in [("/Email=", "/emailAddress="), ("/E=", "/emailAddress="), ("/USERID=", "/UID=")] {
            result = result.replacing(old, with: new)
        }
        return result
    }
}

/// Words of a line: a quoted one may hold blanks, `\xHH` is a byte, and `\` takes any other character as it is.
private struct GridMapLine {
    private var rest: Substring.UTF8View

    init(_ line: Substring) {
        rest = line.utf8
        skipBlanks()
    }

    /// Nothing but a comment is left.
    var isEmpty: Bool { rest.isEmpty || rest.first == UInt8(ascii: "#") }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    private mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

    /// nil when there is none, or its quote is not closed.
    mutating func word() -> String? {
        guard !isEmpty else { return nil }
        let isQuoted = rest.first == UInt8(ascii: "\"")
        if isQuoted { rest.removeFirst() }
        var word: [UInt8] = []
        while let byte = rest.first {
            if isQuoted ? byte == UInt8(ascii: "\"") : Self.isBlank(byte) {
                rest.removeFirst()
                skipBlanks()
                return String(decoding: word, as: UTF8.self)
            }
            word.append(nextByte(byte))
        }
        return isQuoted ? nil : String(decoding: word, as: UTF8.self)
    }

    private mutating func nextByte(_ first: UInt8) -> UInt8 {
        if let byte = HexEscape.byte(rest) {
            rest = rest.dropFirst(HexEscape.length)
            return byte
        }
        rest.removeFirst()
        if first == UInt8(ascii: "\\"), let literal = rest.popFirst() { return literal }
        return first
    }
}
