/// A peer's log in a directory that this machine sees: file: URLs, and tests.
package struct FileLogSource: Sendable {
    private let path: String

    /// - Parameter directory: the peer's own, which has its manifest
    package init(directory: String) { path = directory }

    package var fetch: LogFetch {
        { [path] name, maximumBytes in
            guard let bytes = try LogDirectory(path: path).contents(of: name, atMost: maximumBytes) else {
                throw MetadataError(
                    .unavailable, "\(path)/\(name): no such file: is it the directory of the peer's log?")
            }
            return bytes
        }
    }
}
