import RLSCore

extension LayoutTemplate {
    /// The LFN of the file at a path of this layout: what a file that no catalog knows may be. nil when the path is
    /// not of this layout, or its name was shortened. Other attributes than the LFN are not looked at.
    package func lfn(at path: String) -> ByteString? {
        let names = Array(path.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard names.count >= components.count, let last = components.last, let place = last.firstIndex(where: \.isLFN)
        else { return nil }
        var own = names[(components.count - 1)...].map { Array($0) }
        guard last[place] == .lfnTree || own.count == 1 else { return nil }
        guard let head = Self.length(of: last[..<place]), let tail = Self.length(of: last[(place + 1)...]),
            own[0].count >= head
        else { return nil }
        own[0].removeFirst(head)
        guard own[own.count - 1].count >= tail else { return nil }
        own[own.count - 1].removeLast(tail)
        let decoded = own.compactMap { SafePath.decoded($0) }
        guard decoded.count == own.count else { return nil }
        let lfn = ByteString(Array(decoded.map(\.bytes).joined(separator: [UInt8(ascii: "/")])))
        return matches(path, lfn: lfn) ? lfn : nil
    }

    /// What is beside the LFN has a fixed length; nil for what cannot be there.
    private static func length(of parts: ArraySlice<LayoutPart>) -> Int? {
        parts.reduce(0) { length, part in
            switch part {
            case .text(let text): length.map { $0 + text.count }
            case .hash(let digits): length.map { $0 + digits }
            case .value, .quotient, .remainder, .lfnTree: nil
            }
        }
    }

    /// Text and hash beside the LFN must be the right ones.
    private func matches(_ path: String, lfn: ByteString) -> Bool {
        var own = self
        own.keepLast()
        let file = FileRecord(lfn: lfn, size: 0)
        guard let expected = try? own.path(for: file, publisher: "") else { return false }
        return components.count == 1 ? path == expected : path.hasSuffix("/" + expected)
    }
}
