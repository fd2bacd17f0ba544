#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The variables by which the grid's libraries and tools find their files.
package enum ProcessEnvironment {
    private static let names = [
        "HOME", "X509_USER_PROXY", "X509_USER_CERT", "X509_USER_KEY", "GRIDMAP", "X509_CERT_DIR",
    ]

    package static var all: [String: String] {
        var found: [String: String] = [:]
        for name in names { if let value = getenv(name) { found[name] = String(cString: value) } }
        return found
    }

    /// For libraries that look nowhere else. At the start, before other threads read the environment.
    package static func set(_ name: String, to value: String) {
        if !value.isEmpty { setenv(name, value, 1) }
    }
}
