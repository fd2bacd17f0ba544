import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a file cannot be taken.
package struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: FilePath
    package let message: String

    package init(_ path: FilePath, _ message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { "\(path) \(message)" }

    /// Of the last call that failed.
    static func cause() -> String { String(cString: strerror(errno)) }
}
