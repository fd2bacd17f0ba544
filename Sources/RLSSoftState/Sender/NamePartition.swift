import RLSCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The part of the name space that an index server is told of: names that match one of the patterns, shell globs as the
/// original matches them. No pattern: everything.
struct NamePartition: Sendable, Hashable {
    let patterns: [ByteString]
    private let globs: [[CChar]]

    init(_ patterns: [ByteString]) {
        self.patterns = patterns.sorted()
        globs = self.patterns.map { Self.terminated($0.bytes.span) }
    }

    var isEverything: Bool { globs.isEmpty }

    func contains(_ name: Span<UInt8>) -> Bool {
        if globs.isEmpty { return true }
        let text = Self.terminated(name)
        return globs.contains { fnmatch($0, text, 0) == 0 }
    }

    private static func terminated(_ bytes: Span<UInt8>) -> [CChar] {
        var text: [CChar] = []
        text.reserveCapacity(bytes.count + 1)
        for index in 0..<bytes.count { text.append(CChar(bitPattern: bytes[index])) }
        text.append(0)
        return text
    }
}
