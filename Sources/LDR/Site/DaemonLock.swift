import Foundation

/// Keeps a second daemon of a kind off a site's work. The system lets go of it when the process ends, however it ends.
package final class DaemonLock: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        /// Another program has it; else it cannot be had at all.
        package let isHeld: Bool
    }

    private let descriptor: Int32

    package init(path: String, daemon: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw Failure(
                description: "\(path): \(String(cString: strerror(errno))): can this user write there?", isHeld: false)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        close(descriptor)
        throw Failure(description: "another `ldr \(daemon)` of this site is running: it holds \(path)", isHeld: true)
    }

    /// - Returns: nil while another holds it
    package static func ifFree(path: String, daemon: String) throws(Failure) -> DaemonLock? {
        do throws(Failure) { return try DaemonLock(path: path, daemon: daemon) } catch {
            if error.isHeld { return nil }
            throw error
        }
    }

    /// Whose the programs are that a daemon starts: also told from a daemon of another site that has its lock under the same path, in
    /// another container. The file is made if it is not there, and its lock not touched.
    package static func owner(path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw Failure(
                description: "\(path): \(String(cString: strerror(errno))): can this user write there?", isHeld: false)
        }
        close(descriptor)
        return "\(path)@\(status.st_dev):\(status.st_ino)"
    }

    deinit { close(descriptor) }
}
