import Foundation
import LDR

/// A place in an event log, which stays one when the log is renamed.
struct EventPosition: Sendable, Hashable, CustomStringConvertible {
    let inode: UInt64
    /// Bytes of the file before it.
    var offset: UInt64

    var description: String { "\(inode)-\(offset)" }

    init(inode: UInt64, offset: UInt64) {
        self.inode = inode
        self.offset = offset
    }

    /// nil for what never was one.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 41, parts.count == 2, let inode = UInt64(parts[0]), let offset = UInt64(parts[1]),
            "\(inode)-\(offset)" == text
        else { return nil }
        self.init(inode: inode, offset: offset)
    }
}

/// Reads an event log as it grows, also when a new file takes its place.
struct EventReader: Sendable {
    enum Start: Sendable {
        case beginning, end
        case after(EventPosition)
    }

    private let path: String
    private var file: FileHandle?
    /// Behind what has been read.
    private(set) var position: EventPosition?

    /// - Throws: `EventsMissed` when nobody can tell what came after the place
    init(path: String, from start: Start = .beginning) throws(EventsMissed) {
        self.path = path
        switch start {
        case .beginning: break
        case .end:
            open(path)
            position?.offset = (try? file?.seekToEnd()) ?? 0
        case .after(let place):
            for name in [path, path + ".1"] where position?.inode != place.inode { open(name) }
            guard position?.inode == place.inode, begins(place.offset) else { throw EventsMissed() }
            position = place
        }
    }

    mutating func next() -> Data? {
        if file == nil { open(path) }
        if let bytes = more() { return bytes }
        guard let current = Self.inode(path), current != position?.inode else { return nil }
        // What was written while it was renamed.
        if let bytes = more() { return bytes }
        open(path)
        return more()
    }

    private mutating func more() -> Data? {
        guard let bytes = try? file?.read(upToCount: 1 << 16), !bytes.isEmpty else { return nil }
        position?.offset += UInt64(bytes.count)
        return bytes
    }

    private mutating func open(_ name: String) {
        file = FileHandle(forReadingAtPath: name)
        var status = stat()
        guard let file, fstat(file.fileDescriptor, &status) == 0 else {
            (self.file, position) = (nil, nil)
            return
        }
        position = EventPosition(inode: UInt64(status.st_ino), offset: 0)
    }

    /// Goes to where a line begins, if one does there, and not too much has come since.
    private func begins(_ offset: UInt64) -> Bool {
        guard let file, let end = try? file.seekToEnd(), offset <= end, end - offset <= WebLimits.eventsAgain else {
            return false
        }
        if offset > 0 {
            guard (try? file.seek(toOffset: offset - 1)) != nil else { return false }
            return (try? file.read(upToCount: 1)) == Data("\n".utf8)
        }
        return (try? file.seek(toOffset: 0)) != nil
    }

    private static func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}

/// What came after a place in the log is not there any more, or too much of it.
struct EventsMissed: Error {}
