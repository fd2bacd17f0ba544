import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Wildcards `*`, `?` and `[…]` in a path that no shell has expanded.
enum Glob {
    static func isPattern(_ path: FilePath) -> Bool { path.string.contains { "*?[".contains($0) } }

    /// In the order of the names; never empty.
    static func paths(_ pattern: FilePath) throws(FileProblem) -> [FilePath] {
        var result = glob_t()
        defer { globfree(&result) }
        let code = pattern.withPlatformString { glob($0, GLOB_ERR, nil, &result) }
        switch code {
        case 0: break
        case GLOB_NOMATCH: throw FileProblem(pattern, "matches no file")
        case GLOB_NOSPACE: throw FileProblem(pattern, "matches more than fits in memory")
        default: throw FileProblem(pattern, "cannot be searched: " + FileProblem.cause())
        }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { FilePath(platformString: $0) }
        }
    }
}
