/// Distinguished names as the grid writes them, one line with slashes.
enum DistinguishedName {
    /// Newer libraries escape the slash inside a value: `/CN=host\/NAME`. The grid's files have `/CN=host/NAME`. An escaped
    /// slash before what would look like another attribute stays: nobody shall pass for another by it.
    static func customary(_ name: String) -> String {
        var result = ""
        var parts = name.split(separator: "\\/", omittingEmptySubsequences: false)[...]
        result += parts.popFirst() ?? ""
        for part in parts { result += (looksLikeAttribute(part) ? "\\/" : "/") + part }
        return result
    }

    private static func looksLikeAttribute(_ rest: Substring) -> Bool {
        rest.prefix { $0 != "/" && $0 != "\\" }.contains("=")
    }
}
