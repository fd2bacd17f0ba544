import Foundation

/// Keeps a second daemon of a kind off a site's work. The system lets go of it when the process ends, however it ends.
package final class DaemonLock: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let descriptor: Int32

    package init(path: String, daemon: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw Failure(description: "\(path): \(String(cString: strerror(errno))): can this user write there?")
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        close(descriptor)
        throw Failure(description: "another `ldr \(daemon)` of this site is running: it holds \(path)")
    }

    deinit { close(descriptor) }
}
