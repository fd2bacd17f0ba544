import RLSCore

/// Which `file:` URLs of other sites may be read on this machine: what others say must not make this site copy, and show to
/// everybody, what its daemons can read.
package struct FileSources: Sendable {
    private let directories: [String]

    package init(_ directories: [String]) { self.directories = directories }

    /// True for URLs of other kinds.
    package func allow(_ url: ByteString) -> Bool {
        let text = url.description
        guard text.prefix(5).lowercased() == "file:" else { return true }
        guard let path = try? SourceURL(url).decodedPath else { return false }
        let components = path.split(separator: UInt8(ascii: "/"))
        if components.contains(where: { $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) }) { return false }
        return directories.contains { path.starts(with: ($0 + "/").utf8) }
    }
}
