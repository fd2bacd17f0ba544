import Glibc

/// Where programs are.
package enum ProgramPath {
    /// As a shell finds it. Looked for here: to try one directory after the other by starting it costs a process each.
    ///
    /// - Parameter name: of a program, or a path, which stays what it is
    /// - Returns: nil where there is none that this user may run
    package static func find(_ name: String) -> String? {
        if name.contains("/") { return isRunnable(name) ? name : nil }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first(where: isRunnable)
    }

    private static func isRunnable(_ path: String) -> Bool {
        var status = stat()
        return access(path, X_OK) == 0 && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
