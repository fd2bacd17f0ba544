import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Lines of a file of any size, one at a time.
struct LineReader: ~Copyable {
    /// Bytes of one line.
    static let longestLine = 65_536

    private let path: FilePath
    private let descriptor: Int32
    private let isOwner: Bool
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var unread = 0..<0

    /// `-` is the standard input.
    init(_ path: FilePath) throws(FileProblem) {
        self.path = path
        isOwner = path != "-"
        descriptor = isOwner ? path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) } : 0
        guard descriptor >= 0 else { throw FileProblem(path, "cannot be opened: " + FileProblem.cause()) }
    }

    deinit { if isOwner { close(descriptor) } }

    /// Without its end; nil after the last.
    mutating func next() throws(FileProblem) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if unread.isEmpty {
                try fill()
                if unread.isEmpty { return line.isEmpty ? nil : line }
            }
            let end = buffer[unread].firstIndex(of: UInt8(ascii: "\n"))
            line += buffer[unread.lowerBound..<(end ?? unread.upperBound)]
            guard line.count <= Self.longestLine else {
                throw FileProblem(path, "has a line of more than \(Self.longestLine) bytes: is it a manifest?")
            }
            unread = min(end.map { $0 + 1 } ?? unread.upperBound, unread.upperBound)..<unread.upperBound
            if end != nil { return line }
        }
    }

    private mutating func fill() throws(FileProblem) {
        var count = -1
        repeat { count = read(descriptor, &buffer, buffer.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw FileProblem(path, "cannot be read: " + FileProblem.cause()) }
        unread = 0..<count
    }
}

/// Numbered lines; a file that cannot be read is one failure, the last.
struct ManifestLines: ~Copyable {
    private let path: FilePath
    private var reader: LineReader?
    private var hasEnded = false
    private(set) var number = 0

    init(_ path: FilePath) { self.path = path }

    mutating func next() -> Result<[UInt8], FileProblem>? {
        guard !hasEnded else { return nil }
        do throws(FileProblem) {
            if reader == nil { reader = try LineReader(path) }
            number += 1
            if let line = try reader?.next() { return .success(line) }
            hasEnded = true
            return nil
        } catch {
            hasEnded = true
            return .failure(error)
        }
    }
}
