import Glibc
import SystemPackage

/// A directory of our own for the files of one process, removed with the value.
final class Scratch: Sendable {
    enum Name: String, CaseIterable {
        case input, errors, list, dump
    }

    private static let prefix = "ldr-"
    private static var parent: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    private let path: String
    /// Locked while the directory is used: numbers of processes tell nothing about those in other containers.
    private let lock: Int32

    init() throws(TransferFailure) {
        var path: String
        repeat {
            path = "\(Self.parent)/\(Self.prefix)\(getpid())-\(UInt64.random(in: 0 ... .max))"
            if mkdir(path, 0o700) == 0 { break }
            let number = errno
            guard number == EEXIST else {
                throw TransferFailure(.localError, "\(path): \(String(cString: strerror(number)))", isOfSite: true)
            }
        } while true
        self.path = path
        lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if lock >= 0 { flock(lock, LOCK_EX | LOCK_NB) }
    }

    /// Removes those of processes that have ended: killed, they could not do it themselves.
    static func removeAbandoned() {
        for name in DirectoryNames.of(parent) ?? [] where name.hasPrefix(prefix) {
            let words = name.dropFirst(prefix.count).split(separator: "-")
            guard words.count == 2, let process = pid_t(words[0]), process > 0, UInt64(words[1]) != nil,
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let path = "\(parent)/\(name)"
            guard let status = FileCalls.status(path), status.st_uid == geteuid() else { continue }
            let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { empty(path) }
            close(lock)
        }
    }

    private static func empty(_ path: String) {
        for name in Name.allCases { unlink("\(path)/\(name.rawValue)") }
        rmdir(path)
    }

    deinit {
        Self.empty(path)
        if lock >= 0 { close(lock) }
    }

    func file(_ name: Name) -> String { "\(path)/\(name.rawValue)" }

    func write(_ content: [UInt8], to name: Name) throws(TransferFailure) {
        do {
            let file = try FileDescriptor.open(
                file(name), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(content) }
        } catch {
            throw TransferFailure(.localError, "\(file(name)): \(error)", isOfSite: true)
        }
    }
}
