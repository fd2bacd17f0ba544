import RLSCore

/// How a program of the administrator's choice is called, such as `xrdcp --nopbar %d %p` to fetch a file, or `bring-online %u`
/// to make one readable.
///
/// Words are separated by blanks, unless in single or double quotes, and replaced after that: whatever a URL
/// contains, it stays within its word, and no shell sees it. `%u` is the URL as the catalog has it, `%d` the same with
/// nothing percent-encoded in its path, for programs that take a name as it stands, `%p` the path to write (of one that
/// fetches), `%s` the size in bytes, `%%` a percent sign.
package struct CommandTemplate: Sendable, Equatable {
    /// What is wrong with a template.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private enum Piece: Equatable {
        case text([UInt8])
        case url, decodedURL, path, size
    }

    package enum Use: String, Sendable {
        case transfer, stage
    }

    package let program: String
    private let arguments: [[Piece]]

    package init(_ text: String, _ use: Use = .transfer) throws(Failure) {
        func refused(_ why: String) -> Failure { Failure(description: "\(use.rawValue) command \(text): \(why)") }
        guard let words = Self.words(text) else { throw refused("a quotation mark has no counterpart") }
        guard let program = words.first, !program.isEmpty else { throw refused("names no program") }
        guard !program.contains("%") else { throw refused("the program itself cannot be replaced") }
        guard !words.contains(where: { $0.utf8.contains(0) }) else { throw refused("contains a NUL") }
        self.program = program
        var arguments: [[Piece]] = []
        for word in words.dropFirst() {
            guard let pieces = Self.pieces(word) else { throw refused("in \(word): write %u, %d, %p, %s or %%") }
            arguments.append(pieces)
        }
        self.arguments = arguments
        let all = arguments.joined()
        guard all.contains(.url) || all.contains(.decodedURL) else { throw refused("needs %u or %d (the URL)") }
        guard all.contains(.path) == (use == .transfer) else {
            throw refused(use == .transfer ? "needs %p (the path)" : "has %p, and writes no file")
        }
    }

    func words(for request: TransferRequest) -> [[UInt8]] {
        words(url: request.source, path: request.destination, size: request.expected.size)
    }

    func words(url: ByteString, path: String = "", size: Int64) -> [[UInt8]] {
        arguments.map { pieces in
            pieces.flatMap { piece -> [UInt8] in
                switch piece {
                case .text(let bytes): bytes
                case .url: url.bytes
                case .decodedURL: Self.decoded(url)
                case .path: Array(path.utf8)
                case .size: Array(String(size).utf8)
                }
            }
        }
    }

    /// As it stands where it is no URL, or holds what would end a word.
    private static func decoded(_ url: ByteString) -> [UInt8] {
        guard let parts = try? SourceURL(url), !parts.decodedPath.contains(0) else { return url.bytes }
        return Array("\(parts.scheme)://\(parts.authority)".utf8) + parts.decodedPath
    }

    /// nil if a quotation does not end.
    private static func words(_ text: String) -> [String]? {
        var (words, word, quote) = ([String](), String?.none, Character?.none)
        for character in text {
            switch (character, quote) {
            case (let mark, let open?) where mark == open: quote = nil
            case (_, .some): word = (word ?? "") + String(character)
            case ("'", nil), ("\"", nil): (quote, word) = (character, word ?? "")
            case (let blank, nil) where blank.isWhitespace:
                if let ended = word { words.append(ended) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        return words + [word].compactMap(\.self)
    }

    private static func pieces(_ word: String) -> [Piece]? {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var bytes = Array(word.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                text.append(byte)
                continue
            }
            guard let letter = bytes.popFirst() else { return nil }
            if letter == UInt8(ascii: "%") {
                text.append(letter)
                continue
            }
            guard let piece = piece(letter) else { return nil }
            pieces += text.isEmpty ? [piece] : [.text(text), piece]
            text = []
        }
        return pieces + (text.isEmpty && !pieces.isEmpty ? [] : [.text(text)])
    }

    private static func piece(_ letter: UInt8) -> Piece? {
        switch letter {
        case UInt8(ascii: "u"): .url
        case UInt8(ascii: "d"): .decodedURL
        case UInt8(ascii: "p"): .path
        case UInt8(ascii: "s"): .size
        default: nil
        }
    }
}
