import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Names of a directory, byte for byte. The only place that takes C's entries apart.
enum DirectoryReader {
    /// Sorted, without `.` and `..`.
    static func names(in directory: FilePath) throws(FileProblem) -> [FilePath.Component] {
        guard let stream = directory.withPlatformString({ opendir($0) }) else {
            throw FileProblem(directory, "cannot be read: " + FileProblem.cause())
        }
        defer { closedir(stream) }
        var names: [FilePath.Component] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            guard let name = component(entry), name.kind == .regular else { continue }
            names.append(name)
        }
        guard errno == 0 else { throw FileProblem(directory, "cannot be read: " + FileProblem.cause()) }
        return names.sorted { left, right in
            left.withPlatformString { first in right.withPlatformString { strcmp(first, $0) < 0 } }
        }
    }

    /// A name ends with NUL; an entry may be shorter in memory than its type.
    private static func component(_ entry: UnsafeMutablePointer<dirent>) -> FilePath.Component? {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        return FilePath.Component(platformString: name)
    }
}
