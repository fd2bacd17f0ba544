/// Reads `keyword value` files as the original wrote them: `#` comments, one option a line.
package enum ConfigurationFile {
    package struct ParseError: Error, CustomStringConvertible, Sendable {
        package let file: String
        package let line: Int
        package let message: String
        package var description: String { "\(file):\(line): \(message)" }
    }

    /// Applies every line to `configuration`; returns what the operator should know.
    package static func apply(
        _ text: String, named file: String, to configuration: inout ServerConfiguration
    ) throws(ParseError) -> [String] {
        var warnings: [String] = []
        var warned: Set<String> = []
        var seen: [String: Int] = [:]
        for (index, raw) in Self.lines(text).enumerated() {
            let number = index + 1
            guard let (key, value) = keyAndValue(raw) else { continue }
            guard let option = ServerOptions.option(key) else {
                throw ParseError(file: file, line: number, message: "unknown keyword `\(key)`" + suggestion(for: key))
            }
            guard !value.isEmpty else {
                throw ParseError(file: file, line: number, message: "`\(key)` has no value; expected \(option.values)")
            }
            if let successor = option.successor, warned.insert(option.key).inserted {
                warnings.append("\(file):\(number): `\(key)` has no effect; \(successor)")
            }
            if !option.isRepeatable, option.successor == nil, let first = seen.updateValue(number, forKey: option.key) {
                warnings.append("\(file):\(number): `\(key)` was set in line \(first) already; this line counts")
            }
            do { try option.set(&configuration, value) } catch {
                throw ParseError(file: file, line: number, message: "`\(key)`: \(error)")
            }
        }
        return warnings
    }

    /// In Swift a carriage return and a line feed are one character.
    private static func lines(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    private static func keyAndValue(_ line: Substring) -> (key: String, value: String)? {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        var rest = line.drop(while: isBlank)
        while let last = rest.last, isBlank(last) || last == "\r\n" { rest.removeLast() }
        if rest.isEmpty || rest.first == "#" { return nil }
        let key = rest.prefix { !isBlank($0) }
        return (String(key), String(rest[key.endIndex...].drop(while: isBlank)))
    }

    /// The known keyword that shares the longest beginning, when it is long enough to be a slip of the pen.
    private static func suggestion(for key: String) -> String {
        let shared: (String) -> Int = { zip($0, key).prefix { $0 == $1 }.count }
        guard let best = ServerOptions.all.map(\.key).max(by: { shared($0) < shared($1) }), shared(best) >= 4 else {
            return ""
        }
        return "; did you mean `\(best)`?"
    }
}
