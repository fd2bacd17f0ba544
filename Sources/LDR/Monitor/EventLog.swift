import Foundation
import NIOConcurrencyHelpers
import RLSCore
import SystemPackage

/// What happens at a site, appended line by line to a file that anybody may follow. All daemons write to the same file; a line
/// is one write, so lines do not mix. The file is renamed when it has grown large.
package final class EventLog: Sendable {
    /// Bytes, after which a new file is begun; the one before is kept.
    private static let limit = 256 << 20

    package let path: String
    private let site: String
    private let descriptor = NIOLockedValueBox<Int32>(-1)

    package init(path: String, site: String) {
        self.path = path
        self.site = site
    }

    deinit {
        let open = descriptor.withLockedValue { $0 }
        if open >= 0 { close(open) }
    }

    package func write(_ event: Event) { write([event]) }

    /// What cannot be written is left out: daemons go on without their log.
    package func write(_ events: [Event]) {
        if events.isEmpty { return }
        let now = Date()
        let bytes = Array(Event.lines(events, site: site, at: now).utf8)
        descriptor.withLockedValue { descriptor in
            open(&descriptor)
            if descriptor < 0 { return }
            _ = try? FileDescriptor(rawValue: descriptor).writeAll(bytes)
        }
    }

    /// Another daemon may have renamed the file.
    private func open(_ descriptor: inout Int32) {
        var (mine, current) = (stat(), stat())
        let isThere = stat(path, &current) == 0
        if isThere && current.st_size > Self.limit { putAside() }
        if descriptor >= 0, fstat(descriptor, &mine) == 0, isThere, mine.st_ino == current.st_ino,
            current.st_size <= Self.limit
        {
            return
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    }

    /// Of daemons that find the file large at the same time, one renames it: the next would rename the new one over it.
    private func putAside() {
        let file = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 { return }
        defer { close(file) }
        var (mine, current) = (stat(), stat())
        if flock(file, LOCK_EX | LOCK_NB) == 0, fstat(file, &mine) == 0, stat(path, &current) == 0,
            mine.st_ino == current.st_ino, current.st_size > Self.limit
        {
            rename(path, path + ".1")
        }
    }
}
