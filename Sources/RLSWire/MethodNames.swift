import RLSCore

/// Finds a method by the bytes of its name, without making a string of them.
package struct MethodNames: Sendable {
    private let names: [ByteString]
    /// Open addressing: index into `names`, or -1. Twice as many slots as names at least, so a probe ends soon.
    private var slots: [Int16]

    package init(_ names: [ByteString]) {
        self.names = names
        var size = 16
        while size < names.count * 4 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        for (index, name) in names.enumerated() {
            let bytes = name.bytes
            var slot = Self.hash(bytes.span) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int16(index)
        }
    }

    package func index(of name: Span<UInt8>) -> Int? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            let known = names[index].bytes
            if known.span.equals(name) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV-1a. Only names of our own are stored, so nobody can make it collide.
    private static func hash(_ bytes: Span<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for index in 0..<bytes.count { hash = (hash ^ UInt32(bytes[index])) &* 16_777_619 }
        return Int(hash)
    }
}
