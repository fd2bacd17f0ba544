import RLSCore

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
        for line in KeywordLine.all(in: text) {
            let (number, key, value) = (line.number, line.key, line.value)
            guard let option = ServerOptions.option(key) else {
                throw ParseError(
                    file: file, line: number,
                    message: "unknown keyword `\(key)`"
                        + line.suggestion(among: ServerOptions.all.map(\.key), sharing: 4))
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
}
