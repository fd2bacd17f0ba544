/// A line of a configuration file: `keyword value`, with `#` before comments.
package struct KeywordLine: Sendable {
    package let number: Int
    package let key: String
    /// Empty when there is none.
    package let value: String

    /// The lines of a text that are neither empty nor comments.
    package static func all(in text: String) -> [KeywordLine] {
        // In Swift a carriage return and a line feed are one character.
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.enumerated().compactMap {
            KeywordLine($1, number: $0 + 1)
        }
    }

    private init?(_ line: Substring, number: Int) {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        var rest = line.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        if rest.isEmpty || rest.first == "#" { return nil }
        let word = rest.prefix { !isBlank($0) }
        self.number = number
        key = String(word)
        value = String(rest[word.endIndex...].drop(while: isBlank))
    }

    /// The known keyword that shares the longest beginning, when it is long enough to be a slip of the pen, as the end of a
    /// message; else nothing.
    package func suggestion(among keywords: [String], sharing least: Int) -> String {
        let shared: (String) -> Int = { zip($0, key).prefix { $0 == $1 }.count }
        guard let best = keywords.max(by: { shared($0) < shared($1) }), shared(best) >= least else { return "" }
        return "; did you mean `\(best)`?"
    }
}
