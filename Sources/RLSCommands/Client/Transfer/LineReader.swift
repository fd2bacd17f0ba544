import Foundation

/// Reads lines of a file or of standard input with one buffer, however large the file is.
final class LineReader {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A line longer than this is no record: it is passed over and reported.
    private static let longestLine = 1 << 20
    private static let chunk = 1 << 18

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Bytes of the file, when it has a length.
    let totalBytes: Int?
    private(set) var bytesRead = 0

    /// - Parameter path: `-` for standard input
    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = path == "-" ? 0 : open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        totalBytes = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// The next line without its end; nil at the end of input. A line that is too long comes as nil inside the result.
    func next() throws(Failure) -> ArraySlice<UInt8>?? {
        var isTooLong = false
        while true {
            if let end = buffer[position...].firstIndex(of: 0x0a) {
                let line = buffer[position..<end]
                position = end + 1
                return isTooLong || line.count > Self.longestLine ? .some(nil) : .some(line)
            }
            if isAtEnd {
                if position == buffer.count { return isTooLong ? .some(nil) : .none }
                let line = buffer[position...]
                position = buffer.count
                return isTooLong ? .some(nil) : .some(line)
            }
            if buffer.count - position > Self.longestLine {
                isTooLong = true
                position = buffer.count
            }
            try fill()
        }
    }

    private func fill() throws(Failure) {
        buffer.removeFirst(position)
        position = 0
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        var count: Int
        repeat {
            count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + old, Self.chunk) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        buffer.removeLast(Self.chunk - count)
        bytesRead += count
        isAtEnd = count == 0
    }
}
