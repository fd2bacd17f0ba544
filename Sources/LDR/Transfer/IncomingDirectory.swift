import Glibc

/// The directory of a partition in which files are written before they have their names: on the same file system, so
/// that giving a name is one step.
package struct IncomingDirectory: Sendable, Equatable {
    package static let name = ".ldr-incoming"
    private static let ending = ".part"

    /// Of the partition, without a slash at its end.
    package let root: String
    package var path: String { "\(root)/\(Self.name)" }

    /// - Parameter root: absolute path of a partition's directory
    package init(root: String) {
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root == "/" ? "" : root
    }

    package func file(of id: Int) -> String { "\(path)/\(id)\(Self.ending)" }

    /// Makes it, if it is not there.
    ///
    /// - Throws: `localError`
    package func prepare() throws(TransferFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileCalls.failure(path, errno) }
        guard let status = FileCalls.status(path), status.st_mode & S_IFMT == S_IFDIR else {
            throw TransferFailure(.localError, "\(path): is no directory: remove it")
        }
    }

    /// Of all that is there by one of our names.
    var numbers: [Int] { DirectoryNames.of(path)?.compactMap { Self.number($0) } ?? [] }

    private static func number(_ name: String) -> Int? {
        guard name.hasSuffix(ending), let id = Int(name.dropLast(ending.count)) else { return nil }
        return name == "\(id)\(ending)" ? id : nil
    }

    /// A file that a transfer left or is writing.
    package struct Leftover: Sendable, Equatable {
        package let id: Int
        /// Bytes.
        package let size: Int64
        /// Seconds since 1970.
        package let modified: Int
    }

    /// Those of our naming, in order of their numbers; nothing if the directory is not there.
    package func leftovers() throws(TransferFailure) -> [Leftover] {
        guard let names = DirectoryNames.of(path) else {
            if errno == ENOENT { return [] }
            throw FileCalls.failure(path, errno)
        }
        let found = names.compactMap { name -> Leftover? in
            guard let id = Self.number(name), let status = FileCalls.status(file(of: id)),
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return Leftover(id: id, size: Int64(status.st_size), modified: status.st_mtim.tv_sec)
        }
        return found.sorted { $0.id < $1.id }
    }

    /// Of a request that will not be tried again; nothing if there is none.
    package func remove(_ id: Int) { unlink(file(of: id)) }
}
