import Glibc
import SystemPackage

/// A directory of our own for the files of one process, removed with the value.
final class Scratch: Sendable {
    enum Name: String, CaseIterable {
        case input, errors, list, dump
    }

    private let path: String

    init() throws(TransferFailure) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path: String
        repeat {
            path = "\(parent)/ldr-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            if mkdir(path, 0o700) == 0 { break }
            let number = errno
            guard number == EEXIST else {
                throw TransferFailure(.localError, "\(path): \(String(cString: strerror(number)))", isOfSite: true)
            }
        } while true
        self.path = path
    }

    deinit {
        for name in Name.allCases { unlink(file(name)) }
        rmdir(path)
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
