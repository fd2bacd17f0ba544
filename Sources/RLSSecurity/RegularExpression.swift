#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A POSIX extended regular expression, as the original's access lines have them: it matches anywhere in the text unless
/// anchored with `^` and `$`.
///
/// `@unchecked Sendable`: compiled once, and regexec may run on it from many threads.
package final class RegularExpression: @unchecked Sendable {
    package let source: String
    private var compiled = regex_t()

    /// nil when the text is no regular expression.
    package init?(_ source: String) {
        self.source = source
        guard regcomp(&compiled, source, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    }

    deinit { regfree(&compiled) }

    package func matches(_ text: String) -> Bool { regexec(&compiled, text, 0, nil, 0) == 0 }
}
