import Glibc
import RLSCore

/// Where a file goes: a path below the root of a partition that cannot lead elsewhere.
struct LandingPlace: Sendable, CustomStringConvertible {
    let root: String
    /// The components before the last, as C has them.
    let directories: [[CChar]]
    /// The file's own name, as C has it.
    let last: [CChar]
    private let name: ByteString

    var description: String { "\(root)/\(name)" }

    /// - Throws: `localError` for a name that no file may have
    init(root: String, name: ByteString) throws(TransferFailure) {
        let components = name.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isGood = components.allSatisfy { component in
            (1...255).contains(component.count) && !component.contains(0) && !component.elementsEqual(".".utf8)
                && !component.elementsEqual("..".utf8)
        }
        guard root.hasPrefix("/"), isGood, let last = components.last, name.count <= 4000,
            !(components.first?.elementsEqual(IncomingDirectory.name.utf8) ?? true)
        else { throw TransferFailure(.localError, "\(root)/\(name): is no path that a file may have") }
        self.root = root
        self.name = name
        directories = components.dropLast().map { Self.text($0) }
        self.last = Self.text(last)
    }

    private static func text(_ component: ArraySlice<UInt8>) -> [CChar] {
        component.map { CChar(bitPattern: $0) } + [0]
    }

    /// Makes what directories are missing; they are there after a loss of power, too.
    ///
    /// - Returns: a descriptor that the caller closes
    func openDirectory(searchableBy permissions: mode_t) throws(TransferFailure) -> Int32 {
        var directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileCalls.failure(root, errno) }
        for component in directories {
            do throws(TransferFailure) {
                let next = try enter(component, of: directory, 0o700 | (permissions & 0o444) >> 2 | permissions & 0o066)
                close(directory)
                directory = next
            } catch {
                close(directory)
                throw error
            }
        }
        return directory
    }

    private func enter(_ component: [CChar], of directory: Int32, _ mode: mode_t) throws(TransferFailure) -> Int32 {
        if mkdirat(directory, component, mode) == 0 {
            guard fsync(directory) == 0 else { throw FileCalls.failure(description, errno) }
        } else if errno != EEXIST {
            throw FileCalls.failure(description, errno)
        }
        let next = openat(directory, component, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard next >= 0 else {
            throw TransferFailure(
                .localError, "\(self): a directory of this path is something else, such as a symbolic link")
        }
        return next
    }
}
