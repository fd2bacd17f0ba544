import Foundation

/// The file that names the server's process while it runs.
struct PidFile {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let path: String

    /// An empty path: no file.
    init(_ path: String) throws(Failure) {
        self.path = path
        if path.isEmpty { return }
        if let text = try? String(contentsOfFile: path, encoding: .utf8),
            let other = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), other != getpid(),
            kill(other, 0) == 0
        {
            throw Failure(
                description: "\(path) names process \(other), which is running: stop it, or give another pidfile")
        }
        do { try Data("\(getpid())\n".utf8).write(to: URL(fileURLWithPath: path)) } catch {
            throw Failure(description: "\(path): cannot be written: \(error.localizedDescription)")
        }
    }

    func remove() {
        if !path.isEmpty { try? FileManager.default.removeItem(atPath: path) }
    }
}

enum ProcessLimits {
    /// A connection is a descriptor: take all that the system grants.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
