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
        guard regcomp(&compiled, source, REG_EXTENDED) == 0 else { return nil }
    }

    deinit { regfree(&compiled) }

    package func matches(_ text: String) -> Bool { regexec(&compiled, text, 0, nil, 0) == 0 }

    /// Whether the leftmost longest match is the whole text.
    package func matchesWhole(_ text: String) -> Bool {
        var range = regmatch_t()
        guard regexec(&compiled, text, 1, &range, 0) == 0 else { return false }
        return range.rm_so == 0 && Int(range.rm_eo) == text.utf8.count
    }
}

extension RegularExpression: Hashable {
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.source == right.source }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
